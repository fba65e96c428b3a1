"""A lane: one partition of one input topic in one service. One worker, one order, one transaction in flight.

Take, read, decide, commit, publish; whatever fails, the fence says what has happened.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from contracts.fields import EARLIEST
from contracts.message import Message
from services.chassis.batch import Item, Sorter, Tally, tally
from services.chassis.clock import Clock
from services.chassis.echoes import Echoes
from services.chassis.errors import Conflict, LaneLost, Refusal, StoreTrouble, TooMuchOutput
from services.chassis.fence import Fence, name_of
from services.chassis.inbox import MOST_BYTES
from services.chassis.intake import Intake
from services.chassis.metrics import Metrics
from services.chassis.opening import open_lane, read_first
from services.chassis.ports import Broker, Store
from services.chassis.reading import Reading, Unreadable
from services.chassis.records import Last, Lot, Record
from services.chassis.retry import Delays
from services.chassis.service import Input, Service
from services.chassis.stops import Step
from services.chassis.tracing import UNTRACED, Trace, Tracing
from services.chassis.work import Work

log = logging.getLogger(__name__)
LARGEST_RECORD = 3 * 1024 * 1024  # bytes to publish: below what the topics take, with room for headers
LARGEST_FENCE = 12 * 1024 * 1024  # bytes: what one record may cause; a document holds 16 MB
ABORTS_BEFORE_HALVING = 3
IDLE = 1.0  # seconds that an idle lane waits before it looks around
T = TypeVar("T")


@dataclass(frozen=True)
class Parts:
    """What the lanes of a road share."""

    service: Service
    broker: Broker
    store: Store
    clock: Clock
    metrics: Metrics
    step: Step
    reopen_after: float = 1.0  # seconds: the group's next heartbeat
    tick: float = 0.2  # seconds between looks at what is due, and between commits to the group
    tracing: Tracing = UNTRACED
    look_again: float = 10.0  # seconds after which an idle lane makes sure that it is still its owner


class _Halve(Exception):
    """The batch is too much for one transaction."""


class Lane:
    """One assignment of one partition; it is never used for another."""

    def __init__(self, lot: Lot, source: Input, parts: Parts, trouble: Callable[[str], None]) -> None:
        self.lot, self.source, self.parts = lot, source, parts
        self.beat = asyncio.get_running_loop().time()  # when it last showed that it is trying
        self.fence = Fence(name_of(parts.service.name, lot), 0, 0, 0)
        self.published = -1  # the last batch that is safe on the broker
        self._echoes = Echoes(parts.service.name) if source.echoes else None
        sorter = Sorter(Reading(source), source.topic.homed, parts.broker.partitions(lot.topic), self._echoes)
        self._intake = Intake(
            lot, parts.broker, sorter.sort, self._made_anew, gaps=source.topic.compacted, most=source.batch
        )
        self._closing = False
        self._looked = 0.0  # when it last saw its fence while idle
        self.waiting = True  # for records, or for other lanes; not for the database or the broker
        self._aim: tuple[datetime, int] | None = None
        self._trace: Trace = UNTRACED
        self._trouble = trouble
        self._labels = (parts.service.name, lot.topic, str(lot.partition))

    @property
    def opened(self) -> bool:
        """Whether it takes records."""
        return self._intake.opened

    @property
    def expects(self) -> int:
        """The offset of the next record to be handed."""
        return self._intake.expects

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
        self.fence, self.published = opening.fence, opening.fence.batch
        self._aim = None
        self._intake.open(opening.start, opening.proof)
        self.parts.metrics.epoch.labels(*self._labels).set(self.fence.epoch)
        log.info("lane opened", extra={"lane": self.fence.id, "epoch": self.fence.epoch, "next": self.fence.next})
        self.parts.step("opened")

    async def _work(self) -> None:
        while not self._closing:
            self.beat = asyncio.get_running_loop().time()
            if items := self._intake.take():
                self.parts.step("taken")
                await self._carry(items)
            acted = await self._act() if self._aim else False
            if not items and not acted:
                self.waiting = True
                await self._intake.wait(IDLE)
                self.waiting = False
                await self._make_sure()
                if (past := await self._intake.past()) > self.fence.next:
                    await self._settle([], to=past)

    async def _make_sure(self) -> None:
        """Look now and then: a zombie may have come and gone, and left what only the next owner publishes."""
        if self.beat - self._looked >= self.parts.look_again:
            self._looked = self.beat
            await self._looked_up()

    # -- batches

    async def _carry(self, items: Sequence[Item]) -> None:
        started = asyncio.get_running_loop().time()
        self._trace = self.parts.tracing.begin(self.lot)
        if self.source.level_with:
            await self._look_back(items)
        if self._echoes is not None:
            await self._echoes.learn(lambda lot: self.trying(lambda: self.parts.store.fence(lot)))
        self.parts.step("read")
        parts: deque[Sequence[Item]] = deque([items])
        while parts:
            # A commit that seemed lost may have landed while the batch was halved: then this is done.
            part = [item for item in parts.popleft() if item.record.offset >= self.fence.next]
            if not part:
                continue
            try:
                await self._settle(part, to=part[-1].record.offset + 1)
            except _Halve:
                middle = len(part) // 2
                parts.extendleft((part[middle:], part[:middle]))
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
        timers, self._trace = self.source.timers, self.parts.tracing.begin(self.lot)
        due = await self.trying(lambda: timers.due(self.parts.store, self.lot.partition, at)) if timers else ()
        if not due:
            self._aim = None
            return False
        self.parts.step("acted")
        await self._settle([], to=self.fence.next, due=due, at=at)
        return True

    async def _settle(self, items: Sequence[Item], to: int, due: Sequence[Any] = (), at: datetime = EARLIEST) -> None:
        """Decide and commit until it has gone through, then publish. Raises `LaneLost`, `Refusal`, `_Halve`."""
        delays, aborts = Delays(), 0
        while True:
            self.beat = asyncio.get_running_loop().time()
            try:
                self.fence = await self._transact(items, to, due, at)
                break
            except TooMuchOutput:
                if len(due) > 1:
                    due = due[: len(due) // 2]  # the rest is due again
                    continue
                items = self._smaller(items, "too_large", "What it asks for does not fit into one transaction.")
            except StoreTrouble as trouble:
                log.debug("to be decided again", extra={"lane": self.fence.id, "trouble": str(trouble)})
                self.parts.metrics.aborts.labels(self.parts.service.name).inc()
                if (found := await self._looked_up()) is not None:
                    self.fence = found
                    break
                aborts += isinstance(trouble, Conflict)
                if aborts >= ABORTS_BEFORE_HALVING and len(items) > 1:
                    raise _Halve from None
                await delays.wait()
            except Refusal:
                raise
            except Exception as error:  # a defect of a handler costs one record, not the lane
                log.exception("handler failed", extra={"lane": self.fence.id})
                if due:
                    raise Refusal(f"A timer of {self.fence.id} cannot be settled: {type(error).__name__}.") from error
                items = self._smaller(items, "internal_error", f"It could not be handled: {type(error).__name__}.")
        self.parts.step("committed")
        self._trace.reached("committed")
        await self._publish()
        self._trace.ended()

    def _smaller(self, items: Sequence[Item], code: str, reason: str) -> Sequence[Item]:
        """Halve the batch; of a single record make a dead letter, at last one without its contents."""
        if len(items) > 1:
            raise _Halve from None
        if not items:
            raise Refusal(f"What is due in {self.fence.id} does not fit into one transaction.")
        [item] = items
        if isinstance(item.found, Unreadable):
            if item.record.value is None and not item.record.headers:
                raise Refusal(f"{self.fence.id} cannot even give up its record {item.record.offset}; see its log.")
            return [item._replace(record=item.record._replace(value=None, headers=()), writer="")]
        return [item._replace(found=Unreadable(code, reason))]

    async def _transact(self, items: Sequence[Item], to: int, due: Sequence[Any], at: datetime) -> Fence:
        parts, before = self.parts, self.fence
        now = max(parts.clock.now(), at)  # what was due stays due, although a clock may step back
        async with parts.store.transaction() as transaction:
            work = Work(
                transaction, now, self.lot.partition, parts.service.source, parts.broker.partitions, self._trace
            )
            found = tally(items, before, work, parts.service.name)
            if messages := self._trace.handed(found.messages):
                await self.source.handle(work, messages)
            if due and self.source.timers:
                await self.source.timers.settle(work, due)
            sizes = [record.size for record in work.out]
            several = len(items) > 1 or len(due) > 1
            if sum(sizes) > (MOST_BYTES if several else LARGEST_FENCE) or max(sizes, default=0) > LARGEST_RECORD:
                raise TooMuchOutput
            last = Last(items[-1].record.offset, items[-1].record.timestamp) if items else before.last
            after = before.advanced(to, last, tuple(work.out), found.seen)
            parts.step("decided")
            self._trace.reached("decided")
            await transaction.advance(before, after)
        self._count(items, found, work)
        return after

    async def _looked_up(self) -> Fence | None:
        """Give the fence if the transaction went through after all, None if not. Raises `LaneLost`."""
        fence = await self.trying(lambda: self.parts.store.fence(self.lot))
        if fence is None or fence.epoch != self.fence.epoch or fence.batch - self.fence.batch not in (0, 1):
            raise LaneLost  # also when it was dropped and made anew
        return fence if fence.batch == self.fence.batch + 1 else None

    async def _publish(self) -> None:
        if self.fence.out:
            await self.patiently(self.parts.broker.publish(self.fence.out, self.fence.id, self.fence.batch))
        self.parts.step("published")
        self.published = self.fence.batch
        self.parts.metrics.next.labels(*self._labels).set(self.fence.next)

    def _count(self, items: Sequence[Item], found: Tally, work: Work) -> None:
        figures, (name, topic, _) = self.parts.metrics, self._labels
        figures.taken.labels(*self._labels).inc(len(items))
        for counter, many in (
            (figures.repeats, found.repeats), (figures.skipped, found.skipped), (figures.forwarded, found.forwarded)
        ):  # fmt: skip
            if many:
                counter.labels(name, topic).inc(many)
        if found.dead:
            log.warning("dead letters", extra={"lane": self.fence.id, "codes": sorted(set(found.dead))})
        for code in found.dead:
            figures.dead.labels(name, topic, code).inc()
        figures.count_outcomes(name, work.counts)

    def _made_anew(self, last: Last) -> None:
        self._trouble(
            f"Topic {self.lot.topic} is not the one that {self.parts.service.name} has read: record {last.offset} of "
            f"partition {self.lot.partition} is another one; it was made anew, so drop the service's fences and "
            f"documents, or restore the topic."
        )

    # -- patience

    async def trying(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """Attempt until the database answers; the order is kept, nothing is skipped."""
        delays = Delays()
        while True:
            self.beat = asyncio.get_running_loop().time()
            try:
                return await attempt()
            except StoreTrouble as trouble:
                log.warning("database away", extra={"lane": self.fence.id, "trouble": str(trouble)})
                await delays.wait()

    async def patiently(self, action: Awaitable[T]) -> T:
        """Await something that itself tries for ever, and show meanwhile that this is so."""
        task = asyncio.ensure_future(action)
        try:
            while not (await asyncio.wait({task}, timeout=5))[0]:
                self.beat = asyncio.get_running_loop().time()
            return task.result()
        finally:
            task.cancel()
