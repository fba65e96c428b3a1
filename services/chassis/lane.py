"""A lane: one partition of one input topic in one service. One worker, one order, one transaction in flight."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime

from contracts.message import Message
from services.chassis.batch import Item, Sorter
from services.chassis.committer import Committer, Portion
from services.chassis.echoes import Echoes
from services.chassis.errors import LaneLost
from services.chassis.fence import Fence, name_of
from services.chassis.intake import Intake
from services.chassis.opening import open_lane, read_first
from services.chassis.parts import Parts
from services.chassis.pulse import Pulse
from services.chassis.reading import Reading
from services.chassis.records import Last, Lot, Record
from services.chassis.service import Input

log = logging.getLogger(__name__)
IDLE = 1.0  # seconds that an idle lane waits before it looks around


class Lane:
    """One assignment of one partition; it is never used for another."""

    def __init__(self, lot: Lot, source: Input, parts: Parts, trouble: Callable[[str], None]) -> None:
        self.lot, self.source, self.parts = lot, source, parts
        self.pulse = Pulse(name_of(parts.service.name, lot))
        self._committer = Committer(lot, source, parts, self.pulse)
        self._echoes = Echoes(parts.service.name) if source.echoes else None
        sorter = Sorter(Reading(source), source.topic.homed, parts.broker.partitions(lot.topic), self._echoes)
        self._intake = Intake(lot, parts.broker, sorter.sort, self._made_anew, gaps=source.topic.compacted)
        self._closing = False
        self._looked = 0.0  # when it last saw its fence while idle
        self.waiting = True  # for records, or for other lanes; not for the database or the broker
        self._aim: tuple[datetime, int] | None = None
        self._trouble = trouble

    @property
    def fence(self) -> Fence:
        """How far it has come."""
        return self._committer.fence

    @property
    def published(self) -> int:
        """The last batch that is safe on the broker."""
        return self._committer.published

    @property
    def opened(self) -> bool:
        """Whether it takes records."""
        return self._intake.opened

    @property
    def expects(self) -> int:
        """The offset of the next record to be handed."""
        return self._intake.expects

    @property
    def aiming(self) -> bool:
        """Whether there may be something due that has not fired."""
        return self._aim is not None

    def hand(self, records: Sequence[Record]) -> None:
        """Queue records in order; while closed they are dropped."""
        self._intake.hand(records)

    def aim(self, at: datetime, end: int) -> None:
        """Fire what is due at `at`, once the input is read to `end`, its end at that time."""
        if self._aim is None and self.opened:
            self._aim = (at, end)
            self._intake.wake()

    # -- life

    async def run(self) -> None:
        """Open, work until closed; open again after another owner came and went. Raises `Refusal`."""
        while not self._closing:
            try:
                await self._open()
                await self._work()
            except LaneLost:
                self._intake.close()
                log.warning("lane lost", extra={"lane": self.fence.id, "epoch": self.fence.epoch})
                await asyncio.sleep(self.parts.reopen_after)

    def close(self) -> None:
        """Finish what is in flight and end."""
        self._closing = True
        self._intake.close()

    async def _open(self) -> None:
        opening = await open_lane(self)
        self._committer.begin(opening.fence)
        self._aim = None
        self._intake.open(opening.start, opening.proof)
        log.info("lane opened", extra={"lane": self.fence.id, "epoch": self.fence.epoch, "next": self.fence.next})
        self.parts.step("opened")

    async def _work(self) -> None:
        while not self._closing:
            self.pulse.show()
            if items := self._intake.take():
                self.parts.step("taken")
                await self._carry(items)
            acted = await self._act() if self._aim else False
            if not items and not acted:
                await self._look_around()

    async def _look_around(self) -> None:
        """Wait for records, or for the marks of transactional writers, which are passed without one."""
        self.waiting = True
        await self._intake.wait(IDLE)
        self.waiting = False
        if self.pulse.last - self._looked >= self.parts.look_again:
            # A zombie may have come and gone, and left what only the next owner publishes.
            self._looked = self.pulse.last
            await self._committer.look_up()
        if (past := await self._intake.past()) > self.fence.next:
            await self._committer.settle(Portion(past))

    async def _carry(self, items: Sequence[Item]) -> None:
        started, trace = asyncio.get_running_loop().time(), self.parts.tracing.begin(self.lot)
        if self.source.level_with:
            await self._look_back(items)
        if self._echoes is not None:
            await self._echoes.learn(lambda lot: self.pulse.trying(lambda: self.parts.store.fence(lot)))
        self.parts.step("read")
        await self._committer.carry(items, trace)
        figures = self.parts.metrics
        figures.batch_size.labels(self.parts.service.name).observe(len(items))
        figures.batch_seconds.labels(self.parts.service.name).observe(asyncio.get_running_loop().time() - started)

    async def _look_back(self, items: Sequence[Item]) -> None:
        if any(isinstance(item.found, Message) and self.source.looks_back(item.found) for item in items):
            self.waiting = True
            await read_first(self, self.source.level_with)
            self.waiting = False

    async def _act(self) -> bool:
        """Let the timers of this lane do a page of what is due; give whether there was anything."""
        assert self._aim is not None
        at, end = self._aim
        if self.fence.next < end:
            return False
        timers, trace = self.source.timers, self.parts.tracing.begin(self.lot)
        due = await self.pulse.trying(lambda: timers.due(self.parts.store, self.lot.partition, at)) if timers else ()
        if not due:
            self._aim = None
            return False
        self.parts.step("acted")
        await self._committer.settle(Portion(self.fence.next, due=due, at=at, trace=trace))
        return True

    def _made_anew(self, last: Last) -> None:
        self._trouble(
            f"Topic {self.lot.topic} is not the one that {self.parts.service.name} has read: record {last.offset} of "
            f"partition {self.lot.partition} is another one; it was made anew, so drop the service's fences and "
            f"documents, or restore the topic."
        )
