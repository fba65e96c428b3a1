"""How timers follow the changes of their numbers, and what happens when they are due."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from contracts.inventory import CommandRejected, NumberEvent
from contracts.message import Message
from contracts.policy import Traits
from contracts.topics import LIFECYCLE_EVENTS
from services.chassis.clock import Clock
from services.chassis.ports import Document, Reader
from services.chassis.work import Taken, Work
from services.lifecycle_timer.domain import (
    Timer,
    ended_by_time,
    ending_of,
    fired,
    followed,
    forgotten,
    later,
    traits_of,
)
from services.lifecycle_timer.notices import ask_for_end, in_question, notice_id, request_id, tell, tell_end
from services.lifecycle_timer.store import Timers, Told, due_since, remember_told, timers_due

PAGE = 1_000  # timers that fire in one transaction; the lane reads its input in between
PATIENCE = 60.0  # real seconds that the first answer may take
LONGEST_PATIENCE = 3600.0  # requests wait on their topic: asking more often would only pile them up
SOON = 5.0  # real seconds, after an answer from a clock that is behind ours


@dataclass(frozen=True)
class Lifecycle:
    """Follows holds under a policy, and fires what is due."""

    clock: Clock
    notice_of: Callable[[Traits], timedelta]

    async def follow(self, work: Work, batch: Sequence[Taken]) -> None:
        """Keep the timers of a batch of inventory's events, and say which holds have ended."""
        timers = await Timers.load(work, {message.subject for message, _ in batch})
        told = await Told.load(work, in_question(timers, batch))
        for message, _ in batch:
            if isinstance(message, CommandRejected):
                self._heed(work, timers, message)
            else:
                self._keep(work, timers, cast(NumberEvent, message), told)
        await timers.save(work)
        await told.save(work)

    async def remember(self, work: Work, batch: Sequence[Taken]) -> None:
        """Note which notices were out before these timers were made: they are rebuilt from nothing."""
        await remember_told(work, {message.id: timestamp for message, timestamp in batch})

    async def due(self, reader: Reader, partition: int, at: datetime) -> Sequence[Document]:
        """Give a page of due timers, the longest due first."""
        return await timers_due(reader, partition, at, PAGE)

    async def first_due(self, reader: Reader, partition: int, at: datetime) -> datetime | None:
        """Give since when the oldest timer has been due."""
        return await due_since(reader, partition, at)

    async def settle(self, work: Work, due: Sequence[Document]) -> None:
        """Announce ends, ask for those that are reached, and re-arm.

        They are as `due` gave them: whatever changes a timer moves the fence of its lane, and this transaction
        goes through only if that has not moved since.
        """
        timers = Timers.of(work, due)
        for timer in timers:
            timers.set(timer.number, self._fire(work, timer, timers.trace(timer.number)))
        await timers.save(work)

    def _fire(self, work: Work, timer: Timer, trace: Sequence[str]) -> Timer:
        patience = min(PATIENCE * 2 ** min(timer.attempt, 16), LONGEST_PATIENCE)
        after, tells, asks = fired(timer, work.now, self.clock.passing_in(patience))
        if tells:
            tell(work, timer, "expiring", work.now, after=trace)
        if asks:
            ask_for_end(work, after, trace)
        return after

    def _heed(self, work: Work, timers: Timers, refusal: CommandRejected) -> None:
        timer = timers.get(refusal.subject)
        if timer and refusal.data.code == "hold_not_due" and refusal.causationid == request_id(timer):
            soon = later(work.now, self.clock.passing_in(SOON))
            timers.set(timer.number, timer._replace(next_at=min(timer.next_at, soon)))

    def _keep(self, work: Work, timers: Timers, event: NumberEvent, told: Told) -> None:
        number, before = event.data, timers.get(event.subject)
        if before is not None and not before.precedes(number):
            return
        if before is not None and ended_by_time(number) and not self._is_history(work, event):
            tell_end(work, before, event, told)
        ending = ending_of(number)
        known = ending is not None and notice_id(ending, "expiring") in told
        after = followed(before, number, self.notice_of(traits_of(number)), known=known)
        for end in forgotten(before, after) if before is not None else ():
            told.add(notice_id(end, "expiring"))
        if after is not None or before is not None:
            timers.set(number.number, after)
            timers.traced(number.number, event.traceparent)

    def _is_history(self, work: Work, event: Message) -> bool:
        """Tell whether an event is older, in real time, than what is kept of notices.

        Such an end was told by the timers of its day; these are being rebuilt.
        """
        age = work.now - (event.time or work.now)
        return LIFECYCLE_EVENTS.keep is not None and age / self.clock.passing_in(1) > (
            LIFECYCLE_EVENTS.keep / timedelta(seconds=1)
        )
