"""Finding numbers: pages of a search, and counts by facet."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from services.chassis.ports import Document, Viewer
from services.gateway.domain import Asker, Entry, Place, Search, WrongSearch, cursor_of, place_of
from services.gateway.past import standing
from services.gateway.query import counted, order, place, wanted
from services.gateway.showing import shown
from services.gateway.sifting import Sieve, is_sifted
from services.gateway.viewing import PATIENCE, answered, read_by

MOST = 1_000  # numbers of a page
FACETS = ("state", "vendor", "country", "sku", "golden", "ported_in")
COUNTED = frozenset(FACETS)  # a search by nothing else is counted already
SAMPLES = (10_000, 500)  # numbers that are counted one by one, and how many if that takes too long
AT_ONCE = 0.12  # seconds for each of them


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
    at_once: float = AT_ONCE
    patience: float = PATIENCE

    async def page(
        self, search: Search, asker: Asker, *, limit: int = 50, cursor: str | None = None, at_once: bool = False
    ) -> Page:
        """Give a page of what fits, in order.

        `at_once`: what moves meanwhile is neither missed nor comes twice. Raises `WrongSearch` for a cursor that is
        not of this search, and for a search that would take too long.
        """
        after = None if cursor is None else place_of(cursor, search, asker)
        many = max(1, min(limit, MOST))
        found = await self._found(search, asker, after, many + 1, at_once)
        more = len(found) > many
        next = cursor_of(place(search, found[many - 1]), search, asker) if more else None
        return Page([asker.sees(shown(entry)) for entry in found[:many]], next)

    async def _found(self, search: Search, asker: Asker, after: Place | None, many: int, at_once: bool) -> list[Entry]:
        async def read(viewer: Viewer) -> list[Entry]:
            views = await read_by(self.viewer)
            if is_sifted(search, asker):
                return await Sieve(viewer, views.catalogue, search, asker, self.patience, at_once).first(many, after)
            fits = wanted(search, asker, after)
            if search.as_of is not None:
                return await standing(viewer, views.history, search, fits, many, self.patience)
            page = await viewer.select(views.catalogue, fits, order(search), many, self.patience, at_once=at_once)
            return answered(page, self.patience)

        return await self.viewer.in_turn(read)

    async def facets(self, search: Search, asker: Asker) -> Facets:
        """Give how many numbers fit, by facet: exactly where they are counted already, or are not very many.

        Raises `WrongSearch` for a search of the past, which nobody has counted.
        """
        if search.as_of is not None:
            raise WrongSearch("as_of: only the present is counted by facet; leave out one of the two.")
        return await self.viewer.in_turn(lambda viewer: self._counted(viewer, search, asker))

    async def _counted(self, viewer: Viewer, search: Search, asker: Asker) -> Facets:
        views = await read_by(self.viewer)
        if asker.may_manage and search.asked <= COUNTED and search.sort != "until":
            sums = [{"$match": counted(_bare(search))}, _grouped({"$sum": "$n"})]
            groups = await viewer.gather(views.counts, sums, self.patience)
            return _summed(groups or [], approximate=groups is None)
        fitting: Document = {"$match": wanted(_bare(search), asker)}
        for most in SAMPLES:
            limited: list[Document] = [fitting, {"$limit": most + 1}, _grouped({"$sum": 1})]
            groups = await viewer.gather(views.catalogue, limited, self.at_once)
            if groups is not None:
                return _summed(groups, approximate=sum(each["n"] for each in groups) > most)
        return Facets(0, {}, approximate=True)


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
