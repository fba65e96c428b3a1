"""The past of numbers, from the history: every change, and how numbers stood at any time."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from contracts.fields import milliseconds_of
from services.chassis.ports import Document, Viewer
from services.gateway.domain import Asker, Entry, Search, change_id, changes_between, entry_at
from services.gateway.query import order, visible
from services.gateway.showing import shown, shown_change
from services.gateway.viewing import PATIENCE, answered, read_by

MOST = 1_000  # changes of a page
CHUNK = 200  # changes that a search of the past looks at together, at least


class Past(NamedTuple):
    """Changes of a number, the latest first. `before`: the version to go on from, None on the last page."""

    changes: list[dict[str, Any]]
    before: int | None


@dataclass
class Historian:
    """Knows what was."""

    viewer: Viewer
    patience: float = PATIENCE

    async def changes(self, number: str, asker: Asker, *, limit: int = 100, before: int | None = None) -> Past:
        """Give the changes that the asker may know of, at most `limit`; `before`: of earlier versions than this.

        What they may not know of is not looked at, so neither a page nor where it ends tells of it.
        """
        first, behind = changes_between(number)
        many = max(1, min(limit, MOST))
        wanted = {"_id": {"$gte": first, "$lt": behind if before is None else change_id(number, before)}}
        found = await self._latest(wanted | visible(asker), many + 1)
        shown = [shown_change(each, asker) for each in found[:many]]
        return Past(shown, found[many - 1]["version"] if len(found) > many else None)

    async def as_of(self, number: str, at: datetime, asker: Asker) -> dict[str, Any] | None:
        """Give the number as it was at a time, None if it was not in the bank, or not for the asker to see."""
        first, behind = changes_between(number)
        wanted = {"_id": {"$gte": first, "$lt": behind}, "at": {"$lte": milliseconds_of(at)}}
        found = await self._latest(wanted, 1)
        return next((asker.sees(shown(entry_at(each))) for each in found if asker.may_see(each)), None)

    async def version(self, number: str, version: int) -> Entry | None:
        """Give the number as it was at a version, whoever asks."""
        id = change_id(number, version)
        found = (await self.viewer.get((await read_by(self.viewer)).history, [id])).get(id)
        return None if found is None else entry_at(found)

    async def _latest(self, wanted: Document, many: int) -> list[Document]:
        async def read(viewer: Viewer) -> list[Document]:
            history = (await read_by(self.viewer)).history
            return answered(await viewer.select(history, wanted, [("_id", -1)], many, self.patience), self.patience)

        return await self.viewer.in_turn(read)


async def standing(
    viewer: Viewer, history: str, search: Search, fits: Document, many: int, seconds: float
) -> list[Entry]:
    """Give the first numbers that stood so at the time of the search. Raises `WrongSearch` if it takes too long.

    What fits is a change no later than that; it stood if the next one came later. Changes are never changed, so pages
    need not be of one moment.
    """
    clock = asyncio.get_running_loop().time
    end, size = clock() + seconds, max(many, CHUNK)
    beyond = "$lt" if search.descending else "$gt"
    found, wanted = list[Entry](), fits
    while len(found) < many:
        left = end - clock()
        page = await viewer.select(history, wanted, order(search), size, left) if left > 0 else None
        changes = answered(page, seconds)
        found += await _stood(viewer, history, search, changes)
        if len(changes) < size:
            break
        wanted = {"$and": [fits, {"_id": {beyond: changes[-1]["_id"]}}]}
    return found[:many]


async def _stood(viewer: Viewer, history: str, search: Search, changes: Sequence[Document]) -> list[Entry]:
    """Give those whose next version came after the time of the search."""
    assert search.as_of is not None
    at = milliseconds_of(search.as_of)
    following = {change_id(each["number"], each["version"] + 1): each for each in changes}
    overtaken = await viewer.get(history, list(following))
    return [entry_at(each) for id, each in following.items() if id not in overtaken or overtaken[id]["at"] > at]
