"""Who competes, each in a process of its own; and what one round of one of them comes to."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from aiokafka import AIOKafkaConsumer, TopicPartition

from contracts.topics import INVENTORY_COMMANDS, INVENTORY_EVENTS
from services.ops.connection import admin, consumer
from services.ops.topics import create_topics
from tests.bench.cpu import cpu_seconds
from tests.bench.load import PARTITIONS, write

LOOK = 0.03  # seconds between looks at how many answers there are
PATIENCE = 60.0  # seconds without any new answer
ARGUMENTS: dict[str, tuple[str, ...]] = {
    "ceiling": ("-m", "tests.bench.ceiling"),
    "inventory": ("-m", "services.ops", "run", "inventory"),
    "plain": ("-m", "tests.bench.plain"),
}


class Round(NamedTuple):
    """What one contender did in one round. `cpu`: of its process alone, None where that cannot be asked."""

    contender: str
    commands: int
    seconds: float
    cpu: float | None

    @property
    def rate(self) -> float:
        """Commands a second."""
        return self.commands / self.seconds

    @property
    def cost(self) -> float | None:
        """Microseconds of processor a command."""
        return None if self.cpu is None else self.cpu / self.commands * 1e6


async def compete(
    contender: str, env: dict[str, str], records: Sequence[tuple[str, bytes]], joining: int, database: str
) -> Round:
    """Let a contender work off a backlog, on topics made anew and in a database of its own.

    The clock runs from the first answers after the `joining` first ones to the last.
    """
    servers = env["KAFKA_BOOTSTRAP_SERVERS"]
    await _make_topics_anew(servers)
    await write(servers, records)
    quiet = {"NUMBERBANK_LOG_LEVEL": "WARNING"}
    url = urlsplit(env["MONGODB_URL"])._replace(path=f"/{database}").geturl()
    async with consumer(servers) as reader, _running(contender, {**env, **quiet, "MONGODB_URL": url}) as process:
        first, began, cpu = await _answered(reader, process, joining + 1)
        last, ended, cpu_then = await _answered(reader, process, len(records))
    spent = None if cpu is None or cpu_then is None else cpu_then - cpu
    return Round(contender, last - first, ended - began, spent)


async def _answered(
    reader: AIOKafkaConsumer, process: asyncio.subprocess.Process, wanted: int
) -> tuple[int, float, float | None]:
    """Wait for so many answers; give how many there are, the time, and the processor's time until now."""
    places = [TopicPartition(INVENTORY_EVENTS.name, number) for number in range(PARTITIONS)]
    found, moved = 0, time.monotonic()
    while True:
        now = sum((await reader.end_offsets(places)).values())
        at = time.monotonic()
        if now >= wanted:
            return now, at, cpu_seconds(process.pid)
        if process.returncode is not None or (now == found and at - moved > PATIENCE):
            raise RuntimeError(f"A contender came to an end, or to rest, after {now} of {wanted} answers.")
        if now != found:
            found, moved = now, at
        await asyncio.sleep(LOOK)


@asynccontextmanager
async def _running(contender: str, env: dict[str, str]) -> AsyncIterator[asyncio.subprocess.Process]:
    root = Path(__file__).parents[2]
    process = await asyncio.create_subprocess_exec(sys.executable, *ARGUMENTS[contender], env=env, cwd=root)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _make_topics_anew(servers: str) -> None:
    async with admin(servers) as client:
        there = set(await client.list_topics()) & {INVENTORY_COMMANDS.name, INVENTORY_EVENTS.name}
        if there:
            await client.delete_topics(list(there))
    await create_topics(servers, PARTITIONS)
