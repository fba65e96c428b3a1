"""Searches of the number desk: by filter, beside bare MongoDB with its best index; by pattern; counts, and the past."""

import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any

from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import AsyncMongoClient

from services.chassis.garbage import look_seldom
from services.chassis.mongo import MongoStore
from services.gateway.domain import OPERATOR, Search
from services.gateway.finding import Finder
from services.gateway.past import Historian
from tests.bench import stock
from tests.bench.bulk import load
from tests.bench.figures import Figure, percentile, ratio
from tests.bench.races import Race
from tests.bench.track import Ground, Track
from tests.bench.views import views

PAGE = 50
STRETCH = 400  # searches
NOW = datetime.fromtimestamp(stock.NOW / 1000, UTC)
Question = Callable[[random.Random], tuple[Search, Mapping[str, Any], list[tuple[str, int]]]]
Ask = Callable[[], Awaitable[object]]
BY_NUMBER = [("_id", 1)]

# For each filter: the index that is best for it, and how to draw a search and the same in MongoDB's words.
FILTERS: dict[str, tuple[list[tuple[str, int]], Question]] = {
    "state": ([("state", 1), ("_id", 1)], lambda dice: _same("state", "locked", BY_NUMBER)),
    "sku": ([("sku", 1), ("_id", 1)], lambda dice: _same("sku", dice.choice(stock.SKUS), BY_NUMBER)),
    "vendor": ([("vendor", 1), ("_id", 1)], lambda dice: _same("vendor", dice.choice(stock.VENDORS), BY_NUMBER)),
    "owner": ([("holder.org", 1), ("_id", 1)], lambda dice: _owner(f"org-{dice.randrange(stock.ORGS)}")),
    "golden": ([("golden", 1), ("_id", 1)], lambda dice: (Search(golden=True), {"golden": True}, BY_NUMBER)),
    "since": ([("state", 1), ("since", 1), ("_id", 1)], lambda dice: _since(dice)),
    "until": ([("hold.until", 1), ("_id", 1)], lambda dice: _until(dice)),
    "beginning": (BY_NUMBER, lambda dice: _beginning(f"+65{dice.randrange(2_000, 2_100)}")),
}
MANY_DIGITS = ("{0}{1}{2}", "+65*{0}{1}{2}", "{0}{1}{2}{3}", "+49*{0}{1}{2}{3}", "{0}?{1}{2}{3}", "{0}{1}{2}*{3}{4}")
FEW_DIGITS = ("{0}{1}", "{0}?{1}", "{0}*{1}", "+1*{0}{1}")


async def finding(track: Track) -> list[Figure]:
    """Ask the catalogue and a bare copy in turn. Indexes are made when the documents are there: that is faster."""
    ground = await track.cleared()
    ours: AsyncIOMotorClient[Any] = AsyncIOMotorClient(ground.mongo)  # the driver that the gateway has
    mongo: AsyncMongoClient[Any] = AsyncMongoClient(ground.mongo)
    try:
        bare = [client.get_default_database()["bare"] for client in (ours, mongo)]
        await load(ground.mongo, "bare", stock.bare(track.sizes.stock))
        for index, _ in FILTERS.values():
            if index != BY_NUMBER:
                await bare[1].create_index(index)
        track.say("copy loaded, with an index for each filter")
        async with _stocked(track, ground) as store:
            look_seldom()  # as services do
            finder, dice = Finder(store), random.Random(11)
            return [figure for name in FILTERS for figure in await _compared(track, name, finder, bare, dice)]
    finally:
        ours.close()
        await mongo.close()


async def patterns(track: Track) -> list[Figure]:
    """Ask for patterns, counts and the past, of numbers that were just loaded: by the million much comes from disk."""
    ground = await track.cleared()
    await load(ground.mongo, "gateway.history", stock.history(track.sizes.stock // 10))
    async with _stocked(track, ground) as store:
        look_seldom()
        finder, dice = Finder(store), random.Random(11)
        figures = await _patterns(track, finder, dice)
        figures += await _counts(track, finder)
        figures += await _past(track, finder, Historian(store), dice)
    return figures + await _sizes(ground.mongo, track.sizes.stock)


@asynccontextmanager
async def _stocked(track: Track, ground: Ground) -> AsyncIterator[MongoStore]:
    """Have a catalogue with its indexes."""
    await load(ground.mongo, "gateway.catalogue", stock.catalogue(track.sizes.stock))
    track.say(f"catalogue of {track.sizes.stock:,} numbers loaded")
    async with views(ground) as store:
        track.say("indexes made")
        yield store


async def _compared(track: Track, name: str, finder: Finder, bare: Sequence[Any], dice: random.Random) -> list[Figure]:
    """Ask all the same in turn, each question once before it counts: then MongoDB has what it concerns in its cache."""
    times: tuple[list[float], ...] = ([], [], [])
    for turn in range(track.sizes.searches):
        search, wanted, order = FILTERS[name][1](dice)
        asks: list[Ask] = [
            lambda search=search: finder.page(search, OPERATOR, limit=PAGE),  # type: ignore[misc]
            *(
                lambda each=each, wanted=wanted, order=order: each.find(wanted, sort=order, limit=PAGE).to_list(None)  # type: ignore[misc]
                for each in bare
            ),
        ]
        for ask in asks:
            await ask()
        for place in (turn, turn + 1, turn + 2):
            times[place % 3].append(await _timed(asks[place % 3]))
    ours, same, faster = (_slow(each) for each in times)
    all_, all_same = (percentile(each, 0.99) for each in times[:2])
    return [
        Figure(f"by {name}, p99", ours, "ms"),
        Figure(f"by {name}, p99 to bare", ratio(ours, same), at_most=1.3),
        Figure(f"by {name}, p99 of all at once to bare", ratio(all_, all_same)),
        Figure(f"by {name}, p99 to bare with PyMongo's own asynchronous client", ratio(ours, faster)),
    ]


def _slow(times: Sequence[float]) -> float:
    """Give the middle p99 of stretches: what disturbs a shared machine for a moment is in few of them."""
    return median(percentile(times[begin : begin + STRETCH], 0.99) for begin in range(0, len(times), STRETCH))


async def _patterns(track: Track, finder: Finder, dice: random.Random) -> list[Figure]:
    figures = []
    for name, shapes, most in (("three digits and more", MANY_DIGITS, 100.0), ("fewer digits", FEW_DIGITS, 300.0)):
        times = []
        for turn in range(track.sizes.calls):
            search = Search(pattern=shapes[turn % len(shapes)].format(*(dice.randrange(10) for _ in range(5))))
            times.append(await _timed(lambda search=search: finder.page(search, OPERATOR, limit=PAGE)))  # type: ignore[misc]
        figures.append(Figure(f"patterns of {name}, p50", percentile(times, 0.5), "ms"))
        figures.append(Figure(f"patterns of {name}, p99", percentile(times, 0.99), "ms", at_most=most))
    return figures


async def _counts(track: Track, finder: Finder) -> list[Figure]:
    """Count searches of all kinds: exactly in time, or marked."""
    exact, marked = [0.0], [0.0]
    for search in (Search(pattern="+65"), Search(owner="org-7"), Search(capability=("sms",)), Search(pattern="888")):
        for _ in range(max(1, track.sizes.calls // 20)):
            begun = time.perf_counter()
            counted = await finder.facets(search, OPERATOR)
            (marked if counted.approximate else exact).append((time.perf_counter() - begun) * 1000)
    return [
        Figure("exact counts by facet, longest", max(exact), "ms", at_most=300.0),
        Figure("counts marked as approximate, longest", max(marked), "ms"),
    ]


async def _past(track: Track, finder: Finder, historian: Historian, dice: random.Random) -> list[Figure]:
    names = [number for number, _ in zip(stock.numbers(track.sizes.stock // 10), range(10_000), strict=False)]
    then, now = list[float](), list[float]()
    for _ in range(track.sizes.calls):
        number, at = dice.choice(names), NOW - timedelta(days=dice.randrange(500))
        then.append(await _timed(lambda number=number, at=at: historian.as_of(number, at, OPERATOR)))  # type: ignore[misc]
        now.append(await _timed(lambda number=number: finder.page(Search(pattern=number), OPERATOR, limit=1)))  # type: ignore[misc]
    return [
        Figure("a number as it was, p99", percentile(then, 0.99), "ms"),
        Figure(
            "above its lookup now, p99", percentile(then, 0.99) - percentile(now, 0.99), "ms", at_most=5.0
        ),
    ]  # fmt: skip


async def _sizes(url: str, many: int) -> list[Figure]:
    mongo: AsyncMongoClient[Any] = AsyncMongoClient(url)
    try:
        figures = []
        for name, documents in (("catalogue", many), ("history", many // 10 * 3)):
            told = await mongo.get_default_database().command("collStats", f"gateway.{name}")
            figures.append(Figure(f"{name}: documents on disk", told["storageSize"] / documents, "bytes each"))
            figures.append(Figure(f"{name}: indexes", told["totalIndexSize"] / documents, "bytes each"))
        return figures
    finally:
        await mongo.close()


async def _timed(ask: Ask) -> float:
    """Give the milliseconds that it takes."""
    begun = time.perf_counter()
    await ask()
    return (time.perf_counter() - begun) * 1000


def _same(field: str, value: str, order: list[tuple[str, int]]) -> tuple[Search, Mapping[str, Any], list[Any]]:
    return Search.of({field: (value,)}), {field: value}, order


def _owner(org: str) -> tuple[Search, Mapping[str, Any], list[Any]]:
    return Search(owner=org), {"holder.org": org}, BY_NUMBER


def _since(dice: random.Random) -> tuple[Search, Mapping[str, Any], list[Any]]:
    at = NOW - timedelta(days=dice.randrange(90, 300))
    wanted = {"state": "available", "since": {"$lt": round(at.timestamp() * 1000)}}
    return Search(state=("available",), since_to=at, sort="since"), wanted, [("since", 1), ("_id", 1)]


def _until(dice: random.Random) -> tuple[Search, Mapping[str, Any], list[Any]]:
    at = NOW + timedelta(days=dice.randrange(1, 50))
    wanted = {"hold.until": {"$gte": round(at.timestamp() * 1000)}}
    return Search(until_from=at, sort="until"), wanted, [("hold.until", 1), ("_id", 1)]


def _beginning(begin: str) -> tuple[Search, Mapping[str, Any], list[Any]]:
    return Search(pattern=begin), {"_id": {"$gte": begin, "$lt": begin + ":"}}, BY_NUMBER


RACES: Sequence[Race] = (
    Race(
        "finding", "searches of the gateway, beside bare MongoDB with the best index for each; p99: of 400, the middle",
        finding, 10_800, None,
    ),
    Race("patterns", "patterns, counts and the past, as the gateway finds them", patterns, 7_200, None),
)  # fmt: skip
