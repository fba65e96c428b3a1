"""How one batch is folded into the views.

A batch loads what it concerns, folds in memory, and writes only what has changed: no index that a change leaves as it
is costs anything.
"""

from collections import Counter
from collections.abc import Collection
from typing import Self

from contracts.inventory import NumberEvent
from services.chassis.work import Work
from services.gateway.domain import Entry, Sort, change_of, changes, entry_after, sort_of
from services.gateway.store.counts import count
from services.gateway.store.views import Views


class Catalogue:
    """The numbers that one batch concerns, how they came to be so, and how the counts of its lane change with them."""

    def __init__(self, views: Views, stored: dict[str, Entry]) -> None:
        self._views, self._stored = views, stored
        self._now = dict(stored)
        self._changes: list[Entry] = []

    @classmethod
    async def load(cls, work: Work, views: Views, numbers: Collection[str]) -> Self:
        """Read those there are."""
        return cls(views, await work.get(views.catalogue, numbers))

    def follow(self, event: NumberEvent) -> bool:
        """Take what a number is now; False if a later change was taken before, or if it tells of another number."""
        before = self._now.get(event.subject)
        if event.data.number != event.subject or (before is not None and before["version"] >= event.data.version):
            return False
        self._now[event.subject] = entry = entry_after(before, event)
        self._changes.append(change_of(entry, event))
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
        await work.put(self._views.history, self._changes)
        await count(work, self._views.counts, self._steps(moved))

    def _steps(self, moved: Collection[Entry]) -> Counter[Sort]:
        steps: Counter[Sort] = Counter()
        for entry in moved:
            steps[sort_of(entry)] += 1
            if (before := self._stored.get(entry["_id"])) is not None:
                steps[sort_of(before)] -= 1
        return steps
