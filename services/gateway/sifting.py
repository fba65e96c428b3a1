"""Patterns that ask for more digits than the index tells: sifted by its keys, before a number is read.

MongoDB itself holds digits against what it has fetched, since a number has many keys in that index: for a page of
`893*75` it would fetch fifty times as many numbers as the page has. Neither a number nor its grams ever change, so
nothing moves among the keys while they are read. The index is named: the server would rather read all numbers in order
where the first of them happen to match, and go on with that to the end.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from services.chassis.ports import Document, Viewer
from services.gateway.domain import Asker, Entry, Place, Search
from services.gateway.query import alike, among, common, order, wanted
from services.gateway.store import TERMS
from services.gateway.viewing import answered

MOST_KEYS = 8_000  # that are read together
FEWEST_KEYS = 1_000
SIFTED = 0.5  # of the time that a search may take
FOR_EACH = 16  # keys for each number of a page, at first; then each time twice as many
# What many numbers may have in common. Whoever asks for more, for an owner say, is better served by what tells that.
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

    Where something else that is asked for is rarer, or too many keys are to be sifted, MongoDB finds them its own way.
    """

    viewer: Viewer
    catalogue: str
    search: Search
    asker: Asker
    patience: float
    at_once: bool

    async def first(self, many: int, after: Place | None) -> list[Entry]:
        """Give the first numbers that fit, from behind a place on."""
        began = self._now()
        half, end = began + SIFTED * self.patience, began + self.patience
        found = list[Entry]()
        if not await self._is_rare(half):
            found, after, ended = await self._sifted(many, after, half, end)
            if ended or len(found) >= many:
                return found
        rest = await self._select(wanted(self.search, self.asker, after), many - len(found), end, at_once=self.at_once)
        return found + answered(rest, self.patience)

    async def _is_rare(self, until: float) -> bool:
        """Tell whether few numbers have one of the attributes that are asked for."""
        for fits in common(self.search):
            some = await self._select(fits, FEWEST_KEYS, until, index=TERMS)
            if some is not None and len(some) < FEWEST_KEYS:
                return True
        return False

    async def _sifted(
        self, many: int, after: Place | None, until: float, end: float
    ) -> tuple[list[Entry], Place | None, bool]:
        """Give what was found, up to which place, and whether that is all there is."""
        shape, size = self.search.shape, min(max(FEWEST_KEYS, FOR_EACH * many), MOST_KEYS)
        assert shape is not None
        found, like, ended = list[Entry](), list[str](), False
        while not ended and len(found) < many:
            page = await self._select(alike(self.search, after), size, until, index=TERMS)
            if page is None:
                break
            keys = [each["_id"] for each in page]
            like += filter(shape.matches, keys)
            ended = len(keys) < size
            after, size = Place(keys[-1]) if keys else after, min(2 * size, MOST_KEYS)
            if ended or len(like) >= many - len(found):
                found += await self._fitting(like, many - len(found), end)
                like = []
        return found + await self._fitting(like, many - len(found), end), after, ended

    async def _fitting(self, numbers: list[str], many: int, end: float) -> list[Entry]:
        if not numbers:
            return []
        fits = among(numbers, self.search, self.asker)
        return answered(await self._select(fits, many, end, at_once=self.at_once), self.patience)

    async def _select(
        self, fits: Document, many: int, until: float, *, at_once: bool = False, index: Sequence[str] = ()
    ) -> list[Document] | None:
        left = until - self._now()
        if left <= 0:
            return None
        return await self.viewer.select(
            self.catalogue, fits, order(self.search), many, left, at_once=at_once, index=index
        )

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()
