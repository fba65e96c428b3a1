from collections.abc import AsyncIterator

import pytest

from tests.system.system import System


@pytest.fixture
async def system() -> AsyncIterator[System]:
    """Give all services, in 2026, with nothing in the bank."""
    async with System() as running:
        yield running
