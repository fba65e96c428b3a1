"""Documents: the views, `catalogue` and `counts`, of which there are two sets: the live one, and one to rebuild in.

A batch loads what it concerns, folds in memory, and writes only what has changed: no index that a change leaves as it
is costs anything.
"""

from collections import Counter
from collections.abc import Collection
from typing import Any, NamedTuple, Self

from services.chassis.errors import Refusal
from services.chassis.ports import Document, Reader
from services.chassis.service import Partial
from services.chassis.work import Work
from services.gateway.domain import Entry, Sort, changes, sort_of

POINTER = "views"  # one document, `live`: `name` of the set that is read, and of the one that is `building`
LIVE = "live"

# What is found quickly, each in the order of numbers (`_id`). Those in the second part never move with a state.
INDEXES: tuple[tuple[str, ...] | Partial, ...] = (
    ("state", "_id"),
    ("state", "since", "_id"),
    Partial(("holder.org", "_id"), {"holder.org": {"$gt": ""}}),
    Partial(("subscription", "_id"), {"subscription": {"$gt": ""}}),
    Partial(("hold.subscription", "_id"), {"hold.subscription": {"$gt": ""}}),
    Partial(("hold.until", "_id"), {"hold.until": {"$gt": 0}}),
    ("sku", "_id"),
    ("vendor", "_id"),
    ("country", "_id"),
    ("able", "_id"),
    ("grams", "_id"),
    Partial(("routing", "_id"), {"routing": {"$gt": ""}}),
    Partial(("golden", "_id"), {"golden": True}),
    Partial(("ported_in", "_id"), {"ported_in": True}),
)


class Views(NamedTuple):
    """The collections of one set."""

    name: str
    catalogue: str
    counts: str


SETS = {"a": Views("a", "catalogue", "counts"), "b": Views("b", "catalogue.b", "counts.b")}


async def live_views(reader: Reader | Work) -> Views:
    """Give the set that is read, and followed by the lanes."""
    found = (await reader.get(POINTER, [LIVE])).get(LIVE)
    return SETS["a" if found is None else found["name"]]


async def views_to_build(reader: Reader | Work) -> Views:
    """Give the set that is made anew. Raises `Refusal` when none is."""
    name = (await reader.get(POINTER, [LIVE])).get(LIVE, {}).get("building")
    if name is None:
        raise Refusal("The views are not being made anew any longer: somebody else has finished it.")
    return SETS[name]


class Catalogue:
    """The numbers that one batch concerns, and how the counts of its lane change with them."""

    def __init__(self, views: Views, stored: dict[str, Entry]) -> None:
        self._views, self._stored = views, stored
        self._now = dict(stored)

    @classmethod
    async def load(cls, work: Work, views: Views, numbers: Collection[str]) -> Self:
        """Read those there are."""
        return cls(views, await work.get(views.catalogue, numbers))

    def follow(self, entry: Entry) -> bool:
        """Take what a number is now; False if a later change was taken before."""
        before = self._now.get(entry["_id"])
        if before is not None and before["version"] >= entry["version"]:
            return False
        self._now[entry["_id"]] = entry
        return True

    async def save(self, work: Work) -> None:
        """Write what has changed."""
        moved = [entry for number, entry in self._now.items() if self._stored.get(number) is not entry]
        new = [entry for entry in moved if entry["_id"] not in self._stored]
        old = {
            entry["_id"]: changes(self._stored[entry["_id"]], entry) for entry in moved if entry["_id"] in self._stored
        }
        await work.put(self._views.catalogue, new)
        await work.update(self._views.catalogue, old)
        await self._count(work, moved)

    async def _count(self, work: Work, moved: Collection[Entry]) -> None:
        """Keep the counts of this lane; each lane has its own, so that none waits for another."""
        steps: Counter[Sort] = Counter()
        for entry in moved:
            steps[sort_of(entry)] += 1
            if (before := self._stored.get(entry["_id"])) is not None:
                steps[sort_of(before)] -= 1
        ids = {counted_id(work.partition, sort): sort for sort, step in steps.items() if step}
        found = await work.get(self._views.counts, ids.keys())
        counted = {id: found.get(id, {"n": 0})["n"] + steps[sort] for id, sort in ids.items()}
        kept = [counted_document(id, ids[id], n) for id, n in counted.items() if n]
        await work.put(self._views.counts, kept)
        await work.remove(self._views.counts, [id for id, n in counted.items() if not n])


def counted_id(lane: int, sort: Sort) -> str:
    """Name the count of a sort in a lane."""
    return "\x1f".join(map(str, (lane, *sort)))


def counted_document(id: str, sort: Sort, n: int) -> Document:
    """Give how many numbers of a sort there are in a lane."""
    fields: dict[str, Any] = sort._asdict()
    return {"_id": id, **fields, "n": n}
