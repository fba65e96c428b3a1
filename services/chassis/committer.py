"""From a batch to a fence: decide, commit, publish; whatever fails, the fence says what has happened."""

import logging
from collections import deque
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from contracts.fields import EARLIEST
from services.chassis.batch import Item, Tally, tally
from services.chassis.errors import Conflict, LaneLost, Refusal, StoreTrouble, TooMuchOutput
from services.chassis.fence import Fence, name_of
from services.chassis.inbox import MOST_BYTES
from services.chassis.parts import Parts
from services.chassis.pulse import Pulse
from services.chassis.reading import Unreadable
from services.chassis.records import Last, Lot
from services.chassis.retry import Delays
from services.chassis.service import Input
from services.chassis.tracing import UNTRACED, Trace
from services.chassis.work import Work

log = logging.getLogger(__name__)
LARGEST_RECORD = 3 * 1024 * 1024  # bytes to publish: below what the topics take, with room for headers
LARGEST_FENCE = 12 * 1024 * 1024  # bytes: what one record may cause; a document holds 16 MB
ABORTS_BEFORE_HALVING = 3


class Portion(NamedTuple):
    """What one transaction takes through: records up to the offset `to`, or what is due `at`."""

    to: int
    items: Sequence[Item] = ()
    due: Sequence[Any] = ()
    at: datetime = EARLIEST
    trace: Trace = UNTRACED

    @property
    def several(self) -> bool:
        """Whether it can be made smaller."""
        return len(self.items) > 1 or len(self.due) > 1


class _Halve(Exception):
    """The batch is too much for one transaction."""


class Committer:
    """The transactions of one lane, one after the other, from the fence that it was opened with."""

    def __init__(self, lot: Lot, source: Input, parts: Parts, pulse: Pulse) -> None:
        self._lot, self._source, self._parts, self._pulse = lot, source, parts, pulse
        self.fence = Fence(name_of(parts.service.name, lot), 0, 0, 0)
        self.published = -1  # the last batch that is safe on the broker
        self._labels = (parts.service.name, lot.topic, str(lot.partition))

    def begin(self, fence: Fence) -> None:
        """Go on from a fence whose records are published."""
        self.fence, self.published = fence, fence.batch
        self._parts.metrics.epoch.labels(*self._labels).set(fence.epoch)

    async def carry(self, items: Sequence[Item], trace: Trace) -> None:
        """Take a batch through, in halves where it is too much. Raises `LaneLost`, `Refusal`."""
        parts: deque[Sequence[Item]] = deque([items])
        while parts:
            # A commit that seemed lost may have landed while the batch was halved: then this is done.
            part = [item for item in parts.popleft() if item.record.offset >= self.fence.next]
            if not part:
                continue
            try:
                await self.settle(Portion(part[-1].record.offset + 1, part, trace=trace))
            except _Halve:
                middle = len(part) // 2
                parts.extendleft((part[middle:], part[:middle]))

    async def settle(self, portion: Portion) -> None:
        """Decide and commit until it has gone through, then publish. Raises `LaneLost`, `Refusal`."""
        delays, aborts = Delays(), 0
        while True:
            self._pulse.show()
            try:
                self.fence = await self._transact(portion)
                break
            except StoreTrouble as trouble:
                log.debug("to be decided again", extra={"lane": self.fence.id, "trouble": str(trouble)})
                self._parts.metrics.aborts.labels(self._parts.service.name).inc()
                if (found := await self.look_up()) is not None:
                    self.fence = found
                    break
                aborts += isinstance(trouble, Conflict)
                if aborts >= ABORTS_BEFORE_HALVING and len(portion.items) > 1:
                    raise _Halve from None
                await delays.wait()
            except Refusal:
                raise
            except Exception as error:  # noqa: BLE001 - a defect costs one record, not the lane
                portion = self._smaller(portion, error)
        self._parts.step("committed")
        portion.trace.reached("committed")
        await self._publish()
        portion.trace.ended()

    def _smaller(self, portion: Portion, error: Exception) -> Portion:
        """Halve it; of a single record make a dead letter, at last one without its contents."""
        if isinstance(error, TooMuchOutput):
            if len(portion.due) > 1:
                return portion._replace(due=portion.due[: len(portion.due) // 2])  # the rest is due again
            code, reason = "too_large", "What it asks for does not fit into one transaction."
        else:
            log.error("handler failed", exc_info=error, extra={"lane": self.fence.id})
            code, reason = "internal_error", f"It could not be handled: {type(error).__name__}."
        if portion.due:
            raise Refusal(f"A timer of {self.fence.id} cannot be settled: {reason}") from error
        if len(portion.items) > 1:
            raise _Halve from None
        if not portion.items:
            raise Refusal(f"{self.fence.id} cannot pass {portion.to}: {reason}") from error
        return portion._replace(items=[self._given_up(portion.items[0], code, reason)])

    def _given_up(self, item: Item, code: str, reason: str) -> Item:
        if self._parts.service.rebuilds is not None:
            raise Refusal(f"{self.fence.id} cannot follow record {item.record.offset}: {reason} See its log.")
        if not isinstance(item.found, Unreadable):
            return item._replace(found=Unreadable(code, reason))
        if item.record.value is None and not item.record.headers:
            raise Refusal(f"{self.fence.id} cannot even give up its record {item.record.offset}; see its log.")
        return item._replace(record=item.record._replace(value=None, headers=()), writer="")

    async def _transact(self, portion: Portion) -> Fence:
        parts, before, (to, items, due, at, trace) = self._parts, self.fence, portion
        now = max(parts.clock.now(), at)  # what was due stays due, although a clock may step back
        async with parts.turns, parts.store.transaction() as transaction:
            work = Work(transaction, now, self._lot.partition, parts.service.source, parts.broker.partitions, trace)
            found = tally(items, before, work, parts.service.name, letters=parts.service.rebuilds is None)
            if messages := trace.handed(found.messages):
                await self._source.handle(work, messages)
            if due and self._source.timers:
                await self._source.timers.settle(work, due)
            _check_sizes(work, several=portion.several)
            last = Last(items[-1].record.offset, items[-1].record.timestamp) if items else before.last
            after = before.advanced(to, last, tuple(work.out), found.seen)
            parts.step("decided")
            trace.reached("decided")
            await transaction.advance(before, after)
        self._count(items, found, work)
        return after

    async def look_up(self) -> Fence | None:
        """Give the fence if a transaction went through after all, None if not. Raises `LaneLost`."""
        fence = await self._pulse.trying(lambda: self._parts.store.fence(self._lot))
        if fence is None or fence.epoch != self.fence.epoch or fence.batch - self.fence.batch not in (0, 1):
            raise LaneLost  # also when it was dropped and made anew
        return fence if fence.batch == self.fence.batch + 1 else None

    async def _publish(self) -> None:
        fence = self.fence
        if fence.out:
            await self._pulse.patiently(self._parts.broker.publish(fence.out, fence.id, fence.batch))
        self._parts.step("published")
        self.published = fence.batch
        self._parts.metrics.next.labels(*self._labels).set(fence.next)

    def _count(self, items: Sequence[Item], found: Tally, work: Work) -> None:
        figures, (name, topic, _) = self._parts.metrics, self._labels
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


def _check_sizes(work: Work, *, several: bool) -> None:
    sizes = [record.size for record in work.out]
    if sum(sizes) > (MOST_BYTES if several else LARGEST_FENCE) or max(sizes, default=0) > LARGEST_RECORD:
        raise TooMuchOutput
