from collections.abc import AsyncIterator

import pytest

from services.ops.stack import Stack
from tests.road.ledger import TOPICS
from tests.road.worlds import MemoryWorld, RealWorld, World


@pytest.fixture
async def real(stack: Stack) -> AsyncIterator[RealWorld]:
    """Give new topics on real Kafka, and a database of its own."""
    world = RealWorld(stack.env["KAFKA_BOOTSTRAP_SERVERS"], stack.env["MONGODB_URL"], TOPICS)
    await world.open()
    yield world
    await world.close()


@pytest.fixture(params=["memory", "real"])
async def world(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    """Give the doubles, then the real things."""
    if request.param == "memory":
        memory = MemoryWorld(TOPICS)
        yield memory
        await memory.close()
        return
    env = request.getfixturevalue("stack").env
    world = RealWorld(env["KAFKA_BOOTSTRAP_SERVERS"], env["MONGODB_URL"], TOPICS)
    await world.open()
    yield world
    await world.close()
