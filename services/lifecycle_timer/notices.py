"""What is said of holds, and the ids under which it is said: the same each time, so nobody hears it twice."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from contracts.fields import format_instant
from contracts.inventory import NumberEvent
from contracts.message import Message
from contracts.topics import INVENTORY_COMMANDS, LIFECYCLE_EVENTS
from services.chassis.ports import Document
from services.chassis.work import Taken, Work, derived_id
from services.lifecycle_timer.domain import Ending, Timer, days_left, ended_by_time, ending_of
from services.lifecycle_timer.store import Timers, Told

Kind = Literal["expiring", "expired"]


def notice_id(ending: Ending, kind: Kind) -> str:
    """Give the id of a notice: of this kind, one for each end of a hold."""
    return _id(ending.number, ending.placed, format_instant(ending.until), kind)


def _id(number: str, placed: int, until: str, kind: Kind) -> str:
    return derived_id("lifecycle", number, placed, until, kind)


def request_id(timer: Timer) -> str:
    """Give the id of the latest request for the end of a hold.

    One that was restored counts its attempts anew; inventory would take them for repeats of those before.
    """
    again = () if timer.again is None else (timer.again,)
    return derived_id("lifecycle", timer.number, timer.placed, format_instant(timer.until), timer.attempt, *again)


def in_question(timers: Timers, batch: Sequence[Taken]) -> set[str]:
    """Give the ids of notices that a batch may lead to, unless they are out already."""
    numbers = [message.data for message, _ in batch if isinstance(message, NumberEvent)]
    loaded = [timer for name in {number.number for number in numbers} if (timer := timers.get(name))]
    told = {timer.ending for timer in loaded if timer.is_told}
    endings = {ending for number in numbers if (ending := ending_of(number))} | {timer.ending for timer in loaded}
    over = {number.number for number in numbers if ended_by_time(number)}
    ids = {notice_id(ending, "expiring") for ending in endings - told}
    return ids | {notice_id(ending, "expired") for ending in endings if ending.number in over}


def tell(
    work: Work, timer: Timer, kind: Kind, at: datetime, cause: Message | None = None, after: Sequence[str] = ()
) -> None:
    """Say that a hold will end, or has ended, as of `at`; `after`: traces of the event that placed it."""
    until, holder = format_instant(timer.until), timer.holder
    data: Document = {
        "number": timer.number,
        "cause": timer.cause,
        "placed": timer.placed,
        "until": until,
        "days_left": days_left(timer.until, at),
        "charged": timer.charged,
        "holder": None if holder is None else {"org": holder.org, "kind": holder.kind},
        "partner": timer.partner,
    }
    id = _id(timer.number, timer.placed, until, kind)
    work.emit(LIFECYCLE_EVENTS.name, f"hold.{kind}", timer.number, data, cause=cause, id=id, after=after)


def tell_end(work: Work, timer: Timer, event: Message, told: Told) -> None:
    """Say that a hold has ended; first that it will, if nobody has heard that yet."""
    kinds: tuple[Kind, ...] = ("expired",) if timer.is_told else ("expiring", "expired")
    for kind in kinds:
        if (id := notice_id(timer.ending, kind)) not in told:
            tell(work, timer, kind, max(work.now, timer.until), event)
            told.add(id)


def ask_for_end(work: Work, timer: Timer, after: Sequence[str]) -> None:
    """Ask inventory to end a hold that is over."""
    data = {"placed": timer.placed}
    work.emit(INVENTORY_COMMANDS.name, "number.expire", timer.number, data, id=request_id(timer), after=after)
