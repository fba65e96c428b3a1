import pytest

from tests.hostile.generating import corpus, generated
from tests.hostile.record import Hostile


@pytest.fixture(scope="session")
def hostile() -> list[Hostile]:
    """Give the corpus and ten thousand hostile records, drawn once."""
    return [*corpus(), *generated()]
