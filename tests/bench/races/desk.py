"""The number desk: whether its views keep up with inventory."""

import asyncio
import time
from collections.abc import Sequence
from statistics import median
from typing import Any, NamedTuple

from pymongo import AsyncMongoClient

from contracts.topics import INVENTORY_EVENTS
from tests.bench.figures import Figure, ratio
from tests.bench.load import Backlog, write
from tests.bench.processes import Running, running
from tests.bench.races import Race
from tests.bench.track import Ground, Track
from tests.bench.waiting import LOOK, watching

INVENTORY, GATEWAY = (("-m", "services.ops", "run", name) for name in ("inventory", "gateway"))
SHARE = 4  # how many times fewer commands than where only inventory runs
PATIENCE = 60.0  # seconds without any progress


class Pace(NamedTuple):
    """Events a second, and microseconds of processor an event: of the service, and of mongod."""

    rate: float
    service: float
    mongod: float


async def projection(track: Track) -> list[Figure]:
    """Let inventory work off a backlog, then let the gateway follow what it has said, each on its own."""
    told, followed = list[Pace](), list[Pace]()
    for _ in range(track.sizes.rounds):
        ground = await track.cleared()
        backlog = Backlog(min(5_000, track.sizes.commands // SHARE), track.sizes.commands // SHARE)
        told.append(await _told(track, ground, backlog))
        followed.append(await _followed(track, ground, backlog))
        track.say(f"told {told[-1].rate:,.0f}, followed {followed[-1].rate:,.0f} events/s")
    inventory, gateway = _middle(told), _middle(followed)
    return [
        Figure("inventory tells", inventory.rate, "events/s"),
        Figure("gateway follows", gateway.rate, "events/s"),
        Figure("gateway, processor", gateway.service, "us/event"),
        Figure("gateway, processor of mongod", gateway.mongod, "us/event"),
        Figure("gateway to inventory", ratio(gateway.rate, inventory.rate), at_least=0.6),
    ]


async def _told(track: Track, ground: Ground, backlog: Backlog) -> Pace:
    await write(ground.kafka, list(backlog.records()))
    async with watching(ground.kafka, INVENTORY_EVENTS.name) as answers, running(ground.env, INVENTORY) as who:
        first, base = await answers.until(backlog.numbers + 1, who), track.mongod_cpu
        last = await answers.until(backlog.answers, who)
        return _pace(last.records - first.records, last.at - first.at, last.cpu - first.cpu, track.mongod_cpu - base)


async def _followed(track: Track, ground: Ground, backlog: Backlog) -> Pace:
    """Count from the moment when all numbers have joined, or more."""
    mongo: AsyncMongoClient[Any] = AsyncMongoClient(ground.mongo)
    try:
        async with running(ground.env, GATEWAY) as who:
            first = await _until(mongo, backlog.numbers, who)
            at, cpu, base = time.monotonic(), who.cpu, track.mongod_cpu
            last = await _until(mongo, backlog.answers, who)
            return _pace(last - first, time.monotonic() - at, who.cpu - cpu, track.mongod_cpu - base)
    finally:
        await mongo.close()


async def _until(mongo: AsyncMongoClient[Any], wanted: int, who: Running) -> int:
    """Wait until the gateway has followed so many events. Raises `RuntimeError` when it ends or rests before."""
    fences = mongo.get_default_database()["gateway.fences"]
    found, moved = 0, time.monotonic()
    while True:
        now = sum([each["next"] async for each in fences.find({}, {"next": 1})])
        if now >= wanted:
            return now
        if who.ended or (now == found and time.monotonic() - moved > PATIENCE):
            raise RuntimeError(f"The gateway came to an end, or to rest, at {now} of {wanted} events.")
        if now != found:
            found, moved = now, time.monotonic()
        await asyncio.sleep(LOOK)


def _pace(events: int, seconds: float, service: float, mongod: float) -> Pace:
    return Pace(events / max(seconds, LOOK), ratio(service, events) * 1e6, ratio(mongod, events) * 1e6)


def _middle(paces: Sequence[Pace]) -> Pace:
    return Pace(*(median(values) for values in zip(*paces, strict=True)))


RACES = (
    Race("projection", "the views of the gateway following inventory's events, beside inventory itself", projection),
)
