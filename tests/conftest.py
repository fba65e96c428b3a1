"""What tests share: one local stack for the whole run, started when first asked for, and a bank on one of its own."""

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from services.ops.stack import Stack, find_stack, local_stack
from services.ops.topics import create_topics
from tests.integration.bank import PARTITIONS, Bank


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """Give real Kafka, MongoDB and mail: from the environment, Docker or local processes."""
    with find_stack(environ=os.environ) as found:
        yield found


@pytest.fixture
def own_stack() -> Iterator[Stack]:
    """Give servers of this test alone, that it may kill."""
    with local_stack(environ=os.environ) as stack:
        yield stack


@pytest.fixture
async def bank(own_stack: Stack, tmp_path: Path) -> AsyncIterator[Bank]:
    """Give a bank with topics and nothing running."""
    await create_topics(own_stack.env["KAFKA_BOOTSTRAP_SERVERS"], PARTITIONS)
    async with Bank(own_stack, tmp_path) as bank:
        yield bank
