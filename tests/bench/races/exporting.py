"""Exports of the number desk, beside a bare cursor that feeds the same writers."""

import tempfile
import time
from collections.abc import Awaitable, Callable
from functools import partial
from statistics import median
from typing import Any

from pymongo import AsyncMongoClient

from services.gateway.domain import OPERATOR, Search
from services.gateway.export.formats import FORMATS
from services.gateway.export.walk import walk
from services.gateway.finding import MOST, Finder
from services.gateway.showing import shown
from tests.bench import stock
from tests.bench.bulk import load
from tests.bench.figures import Figure, ratio
from tests.bench.races import Race
from tests.bench.track import Track
from tests.bench.views import views

FEWER = 3  # how many times fewer numbers than where searches are looked at
SEARCH = Search(country=("SG",))


async def exporting(track: Track) -> list[Figure]:
    """Write all numbers of a country in each format, in turn."""
    ground = await track.cleared()
    mongo: AsyncMongoClient[Any] = AsyncMongoClient(ground.mongo)
    try:
        await load(ground.mongo, "gateway.catalogue", stock.catalogue(track.sizes.stock // FEWER))
        async with views(ground) as store:
            track.say("catalogue loaded, indexes made")
            finder, catalogue = Finder(store), mongo.get_default_database()["gateway.catalogue"]
            return [figure for kind in FORMATS for figure in await _compared(track, kind, finder, catalogue)]
    finally:
        await mongo.close()


async def _compared(track: Track, kind: str, finder: Finder, catalogue: Any) -> list[Figure]:
    ours, bare = list[float](), list[float]()
    for turn in range(track.sizes.rounds):
        contenders = ((ours, partial(_walked, finder)), (bare, partial(_bare, catalogue)))
        for rates, export in contenders[:: -1 if turn % 2 else 1]:
            rates.append(await _rate(kind, export))
    return [
        Figure(f"{kind}", median(ours), "numbers/s"),
        Figure(f"{kind}, to a bare cursor", ratio(median(ours), median(bare)), at_least=0.5),
    ]


async def _rate(kind: str, export: Callable[[Any], Awaitable[int]]) -> float:
    begun = time.perf_counter()
    with tempfile.TemporaryFile() as file:
        writer = FORMATS[kind].open(file)
        writer.begin()
        many = await export(writer)
        writer.end()
    return many / (time.perf_counter() - begun)


async def _walked(finder: Finder, writer: Any) -> int:
    many = 0
    async for page in walk(finder, SEARCH, OPERATOR):
        writer.write(page.numbers)
        many += len(page.numbers)
    return many


async def _bare(catalogue: Any, writer: Any) -> int:
    many, cursor = 0, catalogue.find({"terms": "country=SG"}, sort=[("_id", 1)], batch_size=MOST)
    while page := await cursor.to_list(MOST):
        writer.write([shown(entry) for entry in page])
        many += len(page)
    return many


RACES = (
    Race(
        "exporting", "exports in each format, beside a bare cursor that feeds the same writers", exporting, 3_600, None
    ),
)
