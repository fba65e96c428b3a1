import pytest

from services.chassis.clock import FrozenClock
from tests.unit.lifecycle_timer.desk import NOON, Desk


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock(NOON)


@pytest.fixture
def desk(clock: FrozenClock) -> Desk:
    return Desk(clock)
