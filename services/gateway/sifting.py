"""Patterns that ask for more digits than the index tells: sifted by its keys, before a number is read.

MongoDB itself holds digits against what it has fetched, since a number has many keys in that index: for a page of
`893*75` it would fetch fifty times as many numbers as the page has. Neither a number nor its grams ever change, so
nothing moves among the keys while they are read. The index is named: the server would rather read all numbers in order
where the first of them happen to match, and go on with that to the end.
"""

import asyncio
from dataclasses import dataclass
from typing import Any

from services.chassis.ports import Document, Viewer
from services.gateway.domain import Asker, Entry, Place, Search
from services.gateway.query import alike, among, order, wanted
from services.gateway.store import TERMS
from services.gateway.viewing import answered

MOST_KEYS = 8_000  # that are read together
FEWEST_KEYS = 1_000
SIFTED = 0.5  # of the time that a search may take
FOR_EACH = 16  # keys for each number of a page, at first; then each time twice as many
# What many numbers have in common. Whoever asks for more, for an owner say, is better served by what tells that.
_COMMON = {
    "pattern", "state", "sku", "vendor", "country", "routing", "capability", "exactly", "visible_to", "cause"
}  # fmt: skip


def is_sifted(search: Search, asker: Asker) -> bool:
    """Tell whether a search is best answered by sifting."""
    if search.shape is None or not search.shape.is_loose or search.as_of is not None or search.sort != "number":
        return False
    told = {name for name in search.asked - _COMMON if getattr(search, name) is not False}
    return not told and not asker.is_confined(search)


@dataclass(frozen=True)
class Sieve:
    """Finds numbers by their pattern first, and then by all else. `patience`: seconds. Raises `WrongSearch`.

    Where too many keys are to be sifted, MongoDB is asked to find the rest: it may know something rare to begin with.
    """

    viewer: Viewer
    catalogue: str
    search: Search
    asker: Asker
    patience: float
    at_once: bool

    async def first(self, many: int, after: Place | None) -> list[Entry]:
        """Give the first numbers that fit, from behind a place on."""
        shape, began = self.search.shape, self._now()
        assert shape is not None
        end = began + self.patience
        found, like = list[Entry](), list[str]()
        size = min(max(FEWEST_KEYS, FOR_EACH * many), MOST_KEYS)
        while self._now() < began + SIFTED * self.patience:
            keys = await self._keys(after, size, end)
            like += filter(shape.matches, keys)
            ended = len(keys) < size
            if like and (ended or len(like) >= many - len(found)):
                found += await self._fitting(like, many - len(found), end)
                like = []
            if ended or len(found) >= many:
                return found
            after, size = Place(keys[-1]), min(2 * size, MOST_KEYS)
        found += await self._fitting(like, many - len(found), end) if like else []
        if left := many - len(found):
            found += await self._select(wanted(self.search, self.asker, after), left, end, at_once=self.at_once)
        return found

    async def _keys(self, after: Place | None, many: int, end: float) -> list[str]:
        return [each["_id"] for each in await self._select(alike(self.search, after), many, end, index=TERMS)]

    async def _fitting(self, numbers: list[str], many: int, end: float) -> list[Entry]:
        return await self._select(among(numbers, self.search, self.asker), many, end, at_once=self.at_once)

    async def _select(self, fits: Document, many: int, end: float, **how: Any) -> list[Document]:
        left = end - self._now()
        page = (
            await self.viewer.select(self.catalogue, fits, order(self.search), many, left, **how) if left > 0 else None
        )
        return answered(page, self.patience)

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()
