"""Finding numbers: pages of a search, and counts by facet."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from services.chassis.ports import Document, Viewer
from services.gateway.domain import Asker, Search, cursor_of, place_of
from services.gateway.query import order, place, wanted
from services.gateway.showing import shown
from services.gateway.store import LIVE, POINTER, SETS, Views

MOST = 1_000  # numbers of a page
FACETS = ("state", "vendor", "country", "sku", "golden", "ported_in")
COUNTED = frozenset(FACETS)  # a search by nothing else is counted already
SAMPLES = (10_000, 500)  # numbers that are counted one by one, and how many if that takes too long
PATIENCE = 0.12  # seconds for each of them
LONGER = 10.0  # seconds for what is counted already
REMEMBERED = 1.0  # seconds that the live set of views is taken to be the same


class Page(NamedTuple):
    """Some of what was found. `next`: the cursor of the next page, None on the last."""

    numbers: list[dict[str, Any]]
    next: str | None


class Facets(NamedTuple):
    """How many numbers a search finds, by facet and value. `approximate`: there are more than were counted."""

    total: int
    facets: Mapping[str, Mapping[Any, int]]
    approximate: bool


@dataclass
class Finder:
    """Searches the live views; while they are rebuilt it searches the old ones, and then the new."""

    viewer: Viewer
    patience: float = PATIENCE
    _views: Views = SETS["a"]
    _looked: float = field(default=-REMEMBERED)

    async def page(
        self, search: Search, asker: Asker, *, limit: int = 50, cursor: str | None = None, at_once: bool = False
    ) -> Page:
        """Give a page of what fits, in order. Raises `WrongSearch` for a cursor that is not of this search.

        `at_once`: all of the page is as it was at one moment.
        """
        after = None if cursor is None else place_of(cursor, search, asker)
        many = max(1, min(limit, MOST))
        views = await self._live()
        found = await self.viewer.select(
            views.catalogue, wanted(search, asker, after), order(search), many + 1, at_once=at_once
        )  # fmt: skip
        more = len(found) > many
        next = cursor_of(place(search, found[many - 1]), search, asker) if more else None
        return Page([asker.sees(shown(entry)) for entry in found[:many]], next)

    async def facets(self, search: Search, asker: Asker) -> Facets:
        """Give how many numbers fit, by facet: exactly where they are counted already, or are not very many."""
        views = await self._live()
        fitting: Document = {"$match": wanted(_bare(search), asker)}
        if asker.may_manage and search.asked <= COUNTED and search.sort != "until":
            groups = await self.viewer.gather(views.counts, [fitting, _grouped({"$sum": "$n"})], LONGER)
            return _summed(groups or [], approximate=groups is None)
        for most in SAMPLES:
            limited: list[Document] = [fitting, {"$limit": most + 1}, _grouped({"$sum": 1})]
            groups = await self.viewer.gather(views.catalogue, limited, self.patience)
            if groups is not None:
                return _summed(groups, approximate=sum(each["n"] for each in groups) > most)
        return Facets(0, {}, approximate=True)

    async def _live(self) -> Views:
        now = asyncio.get_running_loop().time()
        if now - self._looked >= REMEMBERED:
            found = (await self.viewer.get(POINTER, [LIVE])).get(LIVE)
            self._views, self._looked = SETS["a" if found is None else found["name"]], now
        return self._views


def _bare(search: Search) -> Search:
    return search.model_copy(update={"sort": "number"}) if search.sort == "since" else search


def _grouped(many: Document) -> Document:
    return {"$group": {"_id": {name: f"${name}" for name in FACETS}, "n": many}}


def _summed(groups: list[Document], *, approximate: bool) -> Facets:
    facets: dict[str, Counter[Any]] = {name: Counter() for name in FACETS}
    for group in groups:
        for name, value in group["_id"].items():
            facets[name][value] += group["n"]
    total = sum(group["n"] for group in groups)
    return Facets(total, {name: dict(counter.most_common()) for name, counter in facets.items()}, approximate)
