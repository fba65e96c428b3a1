"""When a hold ends, what is told of it, and what is asked for. Times are aware UTC."""

from datetime import datetime, timedelta
from typing import NamedTuple

from contracts.fields import LATEST
from contracts.inventory import Hold, Number
from contracts.policy import Traits

ENDED_BY_TIME = ("reservation_expired", "lock_expired")  # reasons of a release that was due
A_DAY = timedelta(days=1)


class Holder(NamedTuple):
    """Who a number is held for."""

    org: str
    kind: str


class Ending(NamedTuple):
    """One end of one hold: what a notice is about."""

    number: str
    placed: int
    until: datetime


class Timer(NamedTuple):
    """The hold of one number, and what is to be done about its end next."""

    number: str
    version: int  # of the number, when this was last changed by an event
    placed: int  # the version that placed the hold
    cause: str
    until: datetime
    free_until: datetime | None
    charged: bool
    holder: Holder | None
    partner: str | None
    next_at: datetime  # when there is something to do
    told: tuple[datetime, ...] = ()  # ends that are announced, of those the hold has or may fall back to
    attempt: int = 0  # how often its end was asked for
    again: int | None = None  # version that brought the hold back; None: it stands since it was placed

    @property
    def ending(self) -> Ending:
        """The end that it waits for."""
        return Ending(self.number, self.placed, self.until)

    @property
    def is_told(self) -> bool:
        """Whether the present end is announced."""
        return self.until in self.told

    def precedes(self, number: Number) -> bool:
        """Whether `number` is newer than what this timer knows."""
        return number.version > self.version


class Firing(NamedTuple):
    """What a due timer does, and how it goes on."""

    timer: Timer
    tells: bool  # that the hold will end
    asks: bool  # for the end


def traits_of(number: Number) -> Traits:
    """Give what the notice period may depend on."""
    return Traits(number.country, number.sku, number.number_type, number.ported_in)


def ending_of(number: Number) -> Ending | None:
    """Give the end of a number's hold, None if it has no hold or one for ever."""
    if number.hold is None or number.hold.until is None:
        return None
    return Ending(number.number, number.hold.placed, number.hold.until)


def followed(before: Timer | None, number: Number, notice: timedelta, *, known: bool) -> Timer | None:
    """Give the timer after a change of its number, None if there is no end to wait for.

    `notice`: how long before the end people are told. `known`: this end was announced before, by a timer that
    is gone. An update keeps what was told, and so does a hold that comes back; another end is announced anew.
    """
    hold = number.hold
    if hold is None or hold.until is None:
        return None
    ends = (hold.until, hold.free_until)
    same = before if before is not None and before.placed == hold.placed else None
    told = tuple(end for end in same.told if end in ends) if same else ()
    if known and hold.until not in told:
        told = (*told, hold.until)
    timer = Timer(
        number.number, number.version, hold.placed, hold.cause, hold.until, hold.free_until, hold.charged,
        None if number.holder is None else Holder(number.holder.org, number.holder.kind), number.partner,
        next_at=hold.until if hold.until in told else hold.until - notice, told=told,
        # Of the hold, not of this end of it: a hold may fall back to an end that was asked for before.
        attempt=same.attempt if same else 0,
        again=same.again if same else _brought_back(number, hold),
    )  # fmt: skip
    if same and same.until == hold.until and same.is_told:
        # Whoever has asked for the end goes on waiting for the answer to that.
        return timer._replace(next_at=same.next_at)
    return timer


def _brought_back(number: Number, hold: Hold) -> int | None:
    return number.version if number.version > hold.placed else None


def forgotten(before: Timer, after: Timer | None) -> list[Ending]:
    """Give the announced ends that a timer knew, and that the one in its place does not."""
    kept = after.told if after is not None and after.placed == before.placed else ()
    return [Ending(before.number, before.placed, end) for end in before.told if end not in kept]


def fired(timer: Timer, at: datetime, patience: timedelta) -> Firing:
    """Give what a timer does that is due at `at`; `patience`: how long an answer may take."""
    asks = timer.until <= at
    after = timer._replace(
        told=timer.told if timer.is_told else (*timer.told, timer.until),
        attempt=timer.attempt + asks,
        next_at=later(at, patience) if asks else timer.until,
    )
    return Firing(after, tells=not timer.is_told, asks=asks)


def ended_by_time(number: Number) -> bool:
    """Tell whether this change is the end of a hold that was over."""
    return number.state == "available" and number.reason in ENDED_BY_TIME


def days_left(until: datetime, at: datetime) -> int:
    """Count the days until the end: whole ones, rounded up, never below 0."""
    return max(0, -((at - until) // A_DAY))


def later(at: datetime, period: timedelta) -> datetime:
    """Give the time after a period, or the end of time if that comes first."""
    return at + min(period, LATEST - at)
