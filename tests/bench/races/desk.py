"""The number desk: whether its views keep up with inventory."""

import asyncio
import random
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from statistics import median
from typing import Any, NamedTuple

from pymongo import AsyncMongoClient

from contracts.topics import INVENTORY_EVENTS
from services.gateway.store import TERMS
from tests.bench import stock
from tests.bench.bulk import forget_the_road, load, read_once
from tests.bench.envelopes import envelope
from tests.bench.figures import Figure, ratio
from tests.bench.holds import available, number
from tests.bench.load import RESERVE, write
from tests.bench.processes import Running, running
from tests.bench.races import Race
from tests.bench.track import Ground, Track
from tests.bench.views import views
from tests.bench.waiting import LOOK, watching

INVENTORY, GATEWAY = (("-m", "services.ops", "run", name) for name in ("inventory", "gateway"))
SHARE = 3  # how many times fewer commands than where only inventory runs
WARMING = 4  # the share of them before the clock runs
PATIENCE = 60.0  # seconds without any progress
DATABASE = "desk"


class Pace(NamedTuple):
    """Events a second, and microseconds of processor an event: of the service, and of mongod."""

    rate: float
    service: float
    mongod: float


async def projection(track: Track) -> list[Figure]:
    """Let inventory reserve numbers all over a stock, then let the gateway follow what it has said, each on its own."""
    rounds = track.sizes.rounds
    many = min(track.sizes.commands // SHARE, track.sizes.stock // rounds)
    chosen = [number(index) for index in random.Random(5).sample(range(track.sizes.stock), many * rounds)]
    await _stocked(track)
    told, followed = list[Pace](), list[Pace]()
    for turn in range(rounds):
        ground = await track.cleared(DATABASE)
        await forget_the_road(ground.mongo, "inventory", "gateway")
        told.append(await _told(track, ground, chosen[turn * many : (turn + 1) * many]))
        followed.append(await _followed(track, ground, many))
        track.say(f"told {told[-1].rate:,.0f}, followed {followed[-1].rate:,.0f} events/s")
    inventory, gateway = _middle(told), _middle(followed)
    return [
        Figure("inventory tells", inventory.rate, "events/s"),
        Figure("gateway follows", gateway.rate, "events/s"),
        Figure("gateway, processor", gateway.service, "us/event"),
        Figure("gateway, processor of mongod", gateway.mongod, "us/event"),
        Figure("gateway to inventory", ratio(gateway.rate, inventory.rate), at_least=0.6),
    ]


async def _stocked(track: Track) -> None:
    """Load the numbers as inventory has them, and as the catalogue has; indexes are made when all are there."""
    ground, many = await track.cleared(DATABASE), track.sizes.stock
    await load(ground.mongo, "gateway.catalogue", stock.joined(map(number, range(many))))
    track.say(f"{many:,} numbers loaded")
    async with views(ground):
        track.say("indexes made")
    await load(ground.mongo, "inventory.numbers", available(map(number, range(many)), datetime(2026, 1, 1, tzinfo=UTC)))
    await read_once(ground.mongo, "gateway.catalogue", TERMS, ("state", "since", "_id"))
    await read_once(ground.mongo, "inventory.numbers")
    track.say("and as inventory has them; all read once")


async def _told(track: Track, ground: Ground, numbers: Sequence[str]) -> Pace:
    records = [(name, envelope(name, "number.reserve", name, RESERVE)) for name in numbers]
    await write(ground.kafka, records)
    async with watching(ground.kafka, INVENTORY_EVENTS.name) as answers, running(ground.env, INVENTORY) as who:
        first, base = await answers.until(len(numbers) // WARMING, who), track.mongod_cpu
        last = await answers.until(len(numbers), who)
        return _pace(last.records - first.records, last.at - first.at, last.cpu - first.cpu, track.mongod_cpu - base)


async def _followed(track: Track, ground: Ground, events: int) -> Pace:
    mongo: AsyncMongoClient[Any] = AsyncMongoClient(ground.mongo)
    try:
        before = await mongo.get_default_database()["gateway.history"].count_documents({})
        async with running(ground.env, GATEWAY) as who:
            first = await _until(mongo, events // WARMING, who)
            at, cpu, base = time.monotonic(), who.cpu, track.mongod_cpu
            last = await _until(mongo, events, who)
            pace = _pace(last - first, time.monotonic() - at, who.cpu - cpu, track.mongod_cpu - base)
        reserved = await mongo.get_default_database()["gateway.history"].count_documents({"state": "reserved"})
        if reserved != before + events:
            raise RuntimeError(f"Of {events:,} reservations the history has {reserved - before:,}.")
        return pace
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
    Race(
        "projection", "the views of the gateway following reservations all over a stock, beside inventory itself",
        projection, 3_600, None,
    ),
)  # fmt: skip
