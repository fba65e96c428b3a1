"""Timers by the million: what they cost while nothing is due, how fast they fire, and how late."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from itertools import count
from statistics import median
from typing import Any, NamedTuple

from aiokafka import TopicPartition
from pydantic_core import from_json
from pymongo import AsyncMongoClient

from contracts.policy import Policy
from contracts.topics import LIFECYCLE_EVENTS
from services.ops.connection import consumer
from tests.bench.bulk import load
from tests.bench.figures import Figure, percentile, ratio
from tests.bench.holds import number, timers
from tests.bench.load import PARTITIONS
from tests.bench.processes import running, services
from tests.bench.races import Race
from tests.bench.rearming import TOPIC
from tests.bench.track import Ground, Track
from tests.bench.waiting import LOOK, watching

SERVICE, COLLECTION = "lifecycle-timer", "lifecycle-timer.timers"
BARE = ("-m", "tests.bench.rearming")
JOBS = ("-m", "tests.bench.jobs")
WEEK = Policy.shipped().notice  # before its end, a hold is announced
A_SECOND = 500  # timers that are due in each second, where lateness is measured
_series = count(1)  # of numbers: each loading has its own


class Fired(NamedTuple):
    """How fast timers fired. `cpu`: seconds of the process that fired them."""

    timers: int
    seconds: float
    cpu: float

    @property
    def rate(self) -> float:
        """Timers a second; time is told in looks."""
        return self.timers / max(self.seconds, LOOK)


async def pending(track: Track) -> list[Figure]:
    """Load pending timers, let them rest, let some fire."""
    ground = await track.cleared()
    figures = await _loaded(track, ground)
    figures += await _resting(track, ground)
    figures += await _firing(track, ground)
    return [*figures, *await _late(track, ground)]


async def _loaded(track: Track, ground: Ground) -> list[Figure]:
    async with services(ground.env, SERVICE):  # it makes the collection and its index
        pass
    many, soon = track.sizes.timers, datetime.now(UTC) + timedelta(days=30)
    ends = ((number(index), soon + timedelta(seconds=index % 2_000_000)) for index in range(many))
    started = time.monotonic()
    await load(ground.mongo, COLLECTION, timers((name, until, until - WEEK) for name, until in ends))
    seconds = time.monotonic() - started
    track.say(f"{many:,} timers loaded in {seconds:.0f} s")
    mongo: AsyncMongoClient[Any] = AsyncMongoClient(ground.mongo)
    try:
        await mongo.admin.command("fsync")
        found = await mongo.get_default_database().command("collStats", COLLECTION)
    finally:
        await mongo.close()
    return [
        Figure("timers pending", many),
        Figure("loaded", many / seconds, "timers/s"),
        Figure("document, uncompressed", found["size"] / many, "bytes/timer"),
        Figure("documents on disk", found["storageSize"] / many, "bytes/timer"),
        Figure("indexes on disk", found["totalIndexSize"] / many, "bytes/timer"),
        Figure("indexes", found["totalIndexSize"] / 2**20, "MB"),
    ]


async def _resting(track: Track, ground: Ground) -> list[Figure]:
    """See what it costs that nothing is due."""
    async with services(ground.env, SERVICE) as (timer,):
        await asyncio.sleep(2)  # whatever it does after its start
        before = (timer.cpu, track.mongod_cpu)
        await asyncio.sleep(track.sizes.seconds)
        after = (timer.cpu, track.mongod_cpu)
        memory = timer.peak
    spent = [(then - now) / track.sizes.seconds * 100 for now, then in zip(before, after, strict=True)]
    return [
        Figure("idle, lifecycle-timer", spent[0], "% of a core"),
        Figure("idle, mongod", spent[1], "% of a core"),
        Figure("lifecycle-timer, memory at most", memory, "MB"),
    ]


async def _firing(track: Track, ground: Ground) -> list[Figure]:
    """Let the bare loop and the service fire in turn, and then the jobs of another scheduler."""
    bare, ours = [], []
    for turn in range(track.sizes.rounds):
        for name in ("bare", "ours")[:: -1 if turn % 2 else 1]:
            await _make_due(ground, track.sizes.firing)
            if name == "bare":
                bare.append(await _fire(track, ground, TOPIC, BARE))
            else:
                ours.append(await _fire(track, ground, LIFECYCLE_EVENTS.name, ("-m", "services.ops", "run", SERVICE)))
            track.say(f"{name}: {(bare if name == 'bare' else ours)[-1].rate:,.0f} timers/s")
    ceiling, rate = (median(fired.rate for fired in several) for several in (bare, ours))
    theirs = (await _jobs(track, ground)).rate
    return [
        Figure("bare claim, re-arm and publish", ceiling, "timers/s"),
        Figure("lifecycle-timer", rate, "timers/s"),
        Figure(
            "lifecycle-timer, processor", median(ratio(fired.cpu, fired.timers) for fired in ours) * 1e6, "us/timer"
        ),
        Figure(f"APScheduler, {track.sizes.jobs:,} jobs", theirs, "timers/s"),
        Figure("lifecycle-timer to bare loop", ratio(rate, ceiling), at_least=0.6),
        Figure("lifecycle-timer to APScheduler", ratio(rate, theirs), "times", at_least=10),
    ]


async def _make_due(ground: Ground, many: int) -> None:
    """Add timers that are due since an hour, one after the other."""
    series, since = next(_series), datetime.now(UTC) - timedelta(hours=1)
    ends = ((number(index, series), since + timedelta(milliseconds=index)) for index in range(many))
    await load(ground.mongo, COLLECTION, timers((name, at + WEEK, at) for name, at in ends))


async def _fire(track: Track, ground: Ground, topic: str, command: tuple[str, ...]) -> Fired:
    async with watching(ground.kafka, topic) as notices:
        before = await notices.count()
        async with running(ground.env, command) as who:
            first = await notices.until(before + 1, who)
            last = await notices.until(before + track.sizes.firing, who)
    return Fired(last.records - first.records, last.at - first.at, last.cpu - first.cpu)


async def _jobs(track: Track, ground: Ground) -> Fired:
    """Let jobs fire for a while, or until all have: they would take minutes."""
    env = {**ground.env, "BENCH_JOBS": str(track.sizes.jobs)}
    async with watching(ground.kafka, TOPIC) as notices:
        before = await notices.count()
        async with running(env, JOBS) as who:
            first = await notices.until(before + 1, who)
            ending = first.at + track.sizes.seconds
            while (found := await notices.count()) < before + track.sizes.jobs and time.monotonic() < ending:
                await asyncio.sleep(LOOK)
            return Fired(found - first.records, time.monotonic() - first.at, who.cpu - first.cpu)


async def _late(track: Track, ground: Ground) -> list[Figure]:
    """Let timers fall due one after the other, and see by the broker's clock when the notices are there."""
    many = round(A_SECOND * track.sizes.seconds)
    async with services(ground.env, SERVICE) as (timer,), watching(ground.kafka, LIFECYCLE_EVENTS.name) as notices:
        before = await notices.count()
        series, soon = next(_series), datetime.now(UTC) + timedelta(seconds=3)
        soon = soon.replace(microsecond=0)
        ends = ((number(index, series), soon + timedelta(seconds=index / A_SECOND)) for index in range(many))
        await load(ground.mongo, COLLECTION, timers((name, at + WEEK, at) for name, at in ends))
        started = timer.cpu
        await notices.until(before + many, timer)
        spent = timer.cpu - started
    late = [seconds async for seconds in _lateness(ground, number(0, series)[:4])]
    return [
        *(Figure(f"lateness at {A_SECOND}/s, p{share}", percentile(late, share / 100), "s") for share in (50, 95)),
        Figure(f"lateness at {A_SECOND}/s, p99", percentile(late, 0.99), "s", at_most=1.0),
        Figure(f"processor at {A_SECOND}/s", spent / track.sizes.seconds * 100, "% of a core"),
    ]


async def _lateness(ground: Ground, prefix: str) -> AsyncIterator[float]:
    places = [TopicPartition(LIFECYCLE_EVENTS.name, partition) for partition in range(PARTITIONS)]
    async with consumer(ground.kafka) as reader:
        reader.assign(places)
        ends = await reader.end_offsets(places)
        while any([await reader.position(place) < ends[place] for place in places]):
            for records in (await reader.getmany(timeout_ms=200)).values():
                for record in records:
                    if record.key.decode().startswith(prefix):
                        until = datetime.fromisoformat(from_json(record.value)["data"]["until"])
                        yield record.timestamp / 1000 - (until - WEEK).timestamp()


RACES = (Race("timers", "pending holds: what they cost at rest, how fast they fire, how late they are", pending, 1500),)
