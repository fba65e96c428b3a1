"""The views: one document for each number, counts of each sort, each change of a number, what commands came to."""

from typing import NamedTuple

from services.chassis.errors import Refusal
from services.chassis.ports import Reader, Viewer
from services.chassis.service import Partial
from services.chassis.work import Work

POINTER = "views"  # one document, `live`: `name` of the set that is read, and of the one that is `building`
LIVE = "live"

Indexes = tuple[tuple[str, ...] | Partial, ...]


class Views(NamedTuple):
    """The collections of one set."""

    name: str
    catalogue: str
    counts: str
    history: str
    outcomes: str  # of single commands
    answers: str  # to the rows of jobs

    @property
    def collections(self) -> tuple[str, ...]:
        """All of them."""
        return self[1:]


SETS = {
    "a": Views("a", "catalogue", "counts", "history", "outcomes", "answers"),
    "b": Views("b", "catalogue.b", "counts.b", "history.b", "outcomes.b", "answers.b"),
}

# What is found quickly: by any term, in the order of numbers (`_id`); and in the order of times.
TERMS = ("terms", "_id")
_CATALOGUE: Indexes = (
    TERMS,
    ("state", "since", "_id"),
    Partial(("hold.until", "_id"), {"hold.until": {"$gt": 0}}),
    Partial(("hold.charged", "hold.until", "_id"), {"hold.charged": True}),  # few, and asked for every day
)
_HISTORY: Indexes = (Partial(TERMS, {"terms": {"$gt": ""}}),)  # of those that have any

COLLECTIONS: dict[str, Indexes] = {
    name: indexes
    for views in SETS.values()
    for name, indexes in ((views.catalogue, _CATALOGUE), (views.counts, ()), (views.history, _HISTORY))
}
KEPT = 3 * 24 * 3600  # seconds
EXPIRING = {name: ("seen", KEPT) for views in SETS.values() for name in (views.outcomes, views.answers)}


async def live_views(reader: Reader | Viewer | Work) -> Views:
    """Give the set that is read, and followed by the lanes."""
    found = (await reader.get(POINTER, [LIVE])).get(LIVE)
    return SETS["a" if found is None else found["name"]]


async def views_to_build(reader: Reader | Work) -> Views:
    """Give the set that is made anew. Raises `Refusal` when none is."""
    name = (await reader.get(POINTER, [LIVE])).get(LIVE, {}).get("building")
    if name is None:
        raise Refusal("The views are not being made anew any longer: somebody else has finished it.")
    return SETS[name]
