import pytest

from tests.unit.notification.desk import Desk


@pytest.fixture
def desk() -> Desk:
    return Desk()
