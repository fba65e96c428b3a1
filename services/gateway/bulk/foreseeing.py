"""What rows would come to by the catalogue as it is now, some hundred at a time."""

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from services.chassis.clock import Clock
from services.chassis.ports import Viewer
from services.chassis.threads import in_thread
from services.gateway.bulk.chunks import SIZE
from services.gateway.domain.cell import merged
from services.gateway.domain.entry import Entry
from services.gateway.domain.foresight import Asking, Foreseen, foresee
from services.gateway.domain.plan import Plan
from services.gateway.domain.row import Refused, Row
from services.gateway.domain.verb import Verb
from services.gateway.viewing import read_by

LARGEST = 4 << 20  # bytes of rows that are stored together

Rows = Sequence[Row | Refused]
AnyRows = Iterable[Row | Refused] | AsyncIterable[Row | Refused]


async def in_chunks(rows: AnyRows) -> AsyncIterator[Rows]:
    """Give rows together. Those of a file are read in a thread: a large one keeps nobody waiting."""
    if isinstance(rows, AsyncIterable):
        waiting = list[Row | Refused]()
        async for row in rows:  # of another job, none of them larger than it was there
            waiting.append(row)
            if len(waiting) == SIZE:
                yield waiting
                waiting = []
        if waiting:
            yield waiting
        return
    iterator = iter(rows)
    while taken := await in_thread(_some, iterator):
        yield taken


def _some(rows: Iterator[Row | Refused]) -> list[Row | Refused]:
    """Give the next rows, fewer than usual where they are very large: they are stored as one document."""
    some, size = list[Row | Refused](), 0
    for row in rows:
        some.append(row)
        size += len(orjson.dumps(row.data)) if isinstance(row, Row) else 0
        if len(some) == SIZE or size > LARGEST:
            break
    return some


@dataclass
class Foreseer:
    """Looks up numbers, and adds up what would become of their rows in a plan.

    `strict`: numbers of ranges not in use cannot join; `force`: numbers that others may use are recovered.
    """

    viewer: Viewer
    clock: Clock
    verb: Verb
    common: Mapping[str, Any]
    strict: bool = False
    force: bool = False
    plan: Plan = field(init=False)

    def __post_init__(self) -> None:
        self.plan = Plan(self.verb.command, dict(self.common))

    async def of(self, rows: Rows) -> list[Foreseen | None]:
        """Give what would become of each; None where it was refused already. Raises `StoreTrouble`."""
        numbers = [row.number for row in rows if isinstance(row, Row)]
        entries = await self.viewer.get((await read_by(self.viewer)).catalogue, numbers)
        return await in_thread(self._judged, rows, entries)

    def _judged(self, rows: Rows, entries: Mapping[str, Entry]) -> list[Foreseen | None]:
        now = self.clock.now()
        return [self._row(row, entries, now) for row in rows]

    def _row(self, row: Row | Refused, entries: Mapping[str, Entry], now: datetime) -> Foreseen | None:
        if isinstance(row, Refused):
            self.plan.refused(row)
            return None
        data, entry = merged(row.data, self.common), entries.get(row.number)
        asked = Asking(self.verb.command, row.number, data, entry, now, self._fault)
        what = foresee(asked, force=self.force)
        self.plan.foreseen(row, what)
        return what

    def _fault(self, number: str) -> str | None:
        from contracts.numbering import planned  # large, and only for numbers that join

        return planned(number, strict=self.strict).fault
