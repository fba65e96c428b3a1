"""What tests of the HTTP edge share: a number desk that is open for the whole run."""

from collections.abc import Iterator

import pytest

from tests.integration.counter import Counter, open_counter


@pytest.fixture(scope="session")
def counter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counter]:
    """Give the desk; tests that kill what it stands on open their own."""
    with open_counter(tmp_path_factory.mktemp("counter")) as counter:
        yield counter
