"""How long one command takes: on an idle system beside its bare parts, and beside a lane that is kept busy."""

import asyncio
import time
from collections.abc import Iterator
from itertools import chain, cycle, islice
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from pymongo import AsyncMongoClient
from pymongo.read_concern import ReadConcern

from contracts.topics import INVENTORY_COMMANDS, INVENTORY_EVENTS, LIFECYCLE_EVENTS
from services.ops.connection import consumer, producer
from tests.bench.bare import MAJORITY
from tests.bench.calling import calling, numbers_in
from tests.bench.envelopes import envelope
from tests.bench.figures import Figure, percentile
from tests.bench.load import ADD, PARTITIONS, RELEASE, RESERVE, write
from tests.bench.processes import services
from tests.bench.races import Race
from tests.bench.track import Track

ALLOWED = 50.0  # milliseconds that the road may add to what the commit and two hops take
QUIET, BUSY = (1, 2, 3), (0,)  # partitions
AHEAD, CHUNK = 6_000, 4_000  # commands that wait in the busy lane at least; how many are added at once
PAUSE = 0.02  # seconds between calls: an idle system has nothing to do


async def idle(track: Track) -> list[Figure]:
    """Send one command after the other; measure a bare commit and two bare hops beside each."""
    ground = await track.cleared()
    numbers = numbers_in(range(PARTITIONS), 40)
    calls, parts = [], []
    mongo: AsyncMongoClient[Any] = AsyncMongoClient(ground.mongo)
    try:
        async with (
            services(ground.env, "inventory"),
            calling(ground.kafka) as caller,
            consumer(ground.kafka) as ear,
            producer(ground.kafka) as out,
        ):
            hop = Hop(out, ear)
            await hop.seconds()  # the first ones open connections
            await commit(mongo, -1)
            await caller.join(numbers)
            for ordinal in range(track.sizes.calls):
                calls.append(await caller.turn(numbers[ordinal % len(numbers)]) * 1000)
                parts.append((await commit(mongo, ordinal) + await hop.seconds() + await hop.seconds()) * 1000)
                await asyncio.sleep(PAUSE)
    finally:
        await mongo.close()
    over = percentile(calls, 0.99) - percentile(parts, 0.99)
    return [
        *(Figure(f"command, p{share}", percentile(calls, share / 100), "ms") for share in (50, 99)),
        *(Figure(f"bare commit and two hops, p{share}", percentile(parts, share / 100), "ms") for share in (50, 99)),
        Figure("p99 of the command above p99 of its bare parts", over, "ms", at_most=ALLOWED),
        Figure(
            "p99 of the command above p50 of its bare parts", percentile(calls, 0.99) - percentile(parts, 0.5), "ms"
        ),
    ]


class Hop:
    """A bare record, from producer to consumer, on a topic that nobody else reads now."""

    def __init__(self, out: AIOKafkaProducer, ear: AIOKafkaConsumer) -> None:
        self._out, self._ear = out, ear
        ear.assign([TopicPartition(LIFECYCLE_EVENTS.name, 0)])

    async def seconds(self) -> float:
        """Give how long one takes."""
        started = time.perf_counter()
        sent = await self._out.send(LIFECYCLE_EVENTS.name, b"bare", partition=0)
        offset = (await sent).offset
        async with asyncio.timeout(10):
            while (await self._ear.getone()).offset < offset:
                pass
        return time.perf_counter() - started


async def commit(mongo: AsyncMongoClient[Any], ordinal: int) -> float:
    """Give how long a transaction takes that inserts one document, until the journal of the majority has it."""
    bare = mongo.get_default_database()["bare"]
    started = time.perf_counter()
    async with (
        mongo.start_session() as session,
        await session.start_transaction(ReadConcern("snapshot"), MAJORITY),
    ):
        await bare.insert_one({"_id": ordinal}, session=session)
    return time.perf_counter() - started


async def beside_a_busy_lane(track: Track) -> list[Figure]:
    """Keep one lane busy, and send single commands to others."""
    ground = await track.cleared()
    loud, quiet = numbers_in(BUSY, 500), numbers_in(QUIET, 40)
    times: list[float] = []
    async with services(ground.env, "inventory"), calling(ground.kafka, QUIET) as caller:
        await caller.join(quiet)
        over = asyncio.Event()
        noise = asyncio.create_task(keep_busy(ground.kafka, loud, over))
        try:
            await asyncio.sleep(track.sizes.seconds / 10)
            ending = time.monotonic() + track.sizes.seconds
            while time.monotonic() < ending and not noise.done():
                times.append(await caller.turn(quiet[len(times) % len(quiet)]) * 1000)
                await asyncio.sleep(PAUSE)
        finally:
            over.set()
            await noise
    return [
        Figure("calls", len(times)),
        Figure("command, p50", percentile(times, 0.5), "ms"),
        Figure("command, p95", percentile(times, 0.95), "ms", at_most=120),
        Figure("command, p99", percentile(times, 0.99), "ms"),
    ]


async def keep_busy(servers: str, numbers: list[str], over: asyncio.Event) -> None:
    """See that thousands of commands always wait in the lane of these numbers."""
    done, asked = (TopicPartition(topic.name, BUSY[0]) for topic in (INVENTORY_EVENTS, INVENTORY_COMMANDS))
    commands = endless(numbers)
    async with consumer(servers) as ear:
        while not over.is_set():
            ends = await ear.end_offsets([done, asked])
            if ends[asked] - ends[done] < AHEAD:
                await write(servers, list(islice(commands, CHUNK)))
            await asyncio.sleep(0.05)


def endless(numbers: list[str]) -> Iterator[tuple[str, bytes]]:
    """Give subject and value of commands: numbers join, then they are reserved and released in turn."""
    turns = chain([("number.add", ADD)], cycle([("number.reserve", RESERVE), ("number.release", RELEASE)]))
    for round, (type, data) in enumerate(turns):
        yield from ((number, envelope(f"noise-{round}", type, number, data)) for number in numbers)


RACES = (
    Race("single command", "one command on an idle system, beside a bare commit and two bare hops", idle, 300),
    Race("busy lane", "one command, while another lane of the same process is kept busy", beside_a_busy_lane, 300),
)
