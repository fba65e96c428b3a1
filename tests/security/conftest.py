from collections.abc import Iterator

import pytest

from tests.security.guarded import Guarded, guarded


@pytest.fixture(scope="package")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """Give servers that ask everybody for a password."""
    with guarded(tmp_path_factory.mktemp("guarded")) as found:
        yield found
