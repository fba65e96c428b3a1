"""The clock as a port: the only place that reads the system's.

A simulated clock is affine (`start`, `rate`), so that processes share it without talking.
Kafka's timestamps, retention and all timeouts stay in real time.
"""

import re
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Protocol

from contracts.fields import LATEST, parse_instant


class Clock(Protocol):
    """Tells the time of the trade."""

    def now(self) -> datetime:
        """Give aware UTC in whole milliseconds."""

    def passing_in(self, seconds: float) -> timedelta:
        """Give how much of this clock's time passes in so many real seconds, at least as many."""


def real_milliseconds() -> int:
    """Give the real Unix time, for what must be above all that came before."""
    return time.time_ns() // 1_000_000


class SystemClock:
    """Real time."""

    def now(self) -> datetime:
        """Give aware UTC in whole milliseconds."""
        at = datetime.now(UTC)
        return at.replace(microsecond=at.microsecond // 1000 * 1000)

    def passing_in(self, seconds: float) -> timedelta:
        """Give the same time."""
        return timedelta(seconds=seconds)


class SimulatedClock:
    """`start` at the real Unix time `since`, then `rate` simulated seconds for each real one."""

    def __init__(self, start: datetime, rate: float, since: float) -> None:
        self.start, self.rate, self.since = start, rate, since

    def now(self) -> datetime:
        """Give aware UTC in whole milliseconds; it ends with the year 9999."""
        try:
            at = self.start + timedelta(seconds=(time.time() - self.since) * self.rate)
        except OverflowError:
            return LATEST
        return at.replace(microsecond=at.microsecond // 1000 * 1000)

    def passing_in(self, seconds: float) -> timedelta:
        """Give `rate` times as much, and the same where time stands or is slow."""
        return timedelta(seconds=seconds * max(self.rate, 1.0))


class FrozenClock:
    """A clock that tests move by hand."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        """Give the time that was set."""
        return self.at

    def passing_in(self, seconds: float) -> timedelta:
        """Give the same time."""
        return timedelta(seconds=seconds)

    def pass_(self, period: timedelta) -> None:
        """Let time pass."""
        self.at += period


def parse_clock(text: str, since: float | None) -> SimulatedClock:
    """Read `START@RATE`. Raises `ValueError` with what would be right."""
    start, at, rate = text.partition("@")
    if not at or not re.fullmatch(r"\d{1,9}(\.\d{1,9})?", rate, re.ASCII):
        raise ValueError("must be START@RATE, such as 2026-01-01T00:00:00Z@86400")
    if since is None:
        raise ValueError("needs NUMBERBANK_CLOCK_SINCE, the real Unix time of its start")
    return SimulatedClock(parse_instant(start), float(Decimal(rate)), since)
