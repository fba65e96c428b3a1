import os
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio

from contracts.topics import SERVICES
from services.ops.stack import Stack, local_stack
from services.ops.topics import create_topics
from tests.contract.moving import Moving
from tests.contract.stranger import Stranger
from tests.contract.trade import NOW
from tests.integration.bank import PARTITIONS, Bank, Running


@pytest.fixture(scope="package")
def servers() -> Iterator[Stack]:
    """Give servers for all tests of the contract whose clock stands still."""
    with local_stack(environ=os.environ) as stack:
        yield stack


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def harness(servers: Stack, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Bank]:
    async with opened(servers, tmp_path_factory.mktemp("bank")) as harness:
        yield harness


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def running(harness: Bank) -> Running:
    """Give the process of all four services, at `NOW` for ever."""
    return await started(harness, f"{NOW}@0")


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def bank(running: Running, harness: Bank) -> AsyncIterator[Stranger]:
    """Give a stranger to a bank of all four services, whose clock stands still at `NOW`."""
    async with Stranger(harness.env["KAFKA_BOOTSTRAP_SERVERS"]) as stranger:
        yield stranger


@asynccontextmanager
async def opened(stack: Stack, folder: Path) -> AsyncIterator[Bank]:
    await create_topics(stack.env["KAFKA_BOOTSTRAP_SERVERS"], PARTITIONS)
    async with Bank(stack, folder) as harness:
        yield harness


async def started(harness: Bank, clock: str, **settings: str) -> Running:
    """Start all services in one process, at a simulated time."""
    clocked = {"NUMBERBANK_CLOCK": clock, "NUMBERBANK_CLOCK_SINCE": str(time.time()), **settings}
    return await harness.run(*SERVICES, **clocked).until_ready()


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def moving(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Moving]:
    """Give a bank of its own whose clock runs."""
    with local_stack(environ=os.environ) as stack:
        kafka = stack.env["KAFKA_BOOTSTRAP_SERVERS"]
        async with opened(stack, tmp_path_factory.mktemp("moving")) as harness, Stranger(kafka) as stranger:
            moving = Moving(stack, harness, stranger)
            await moving.go()
            yield moving
