"""Searches that people make every day, by policy and clock."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from contracts.fields import instant_of, milliseconds_of
from contracts.policy import Policy
from services.gateway.domain.cursor import DAMAGED
from services.gateway.domain.search import WrongSearch

Fields = dict[str, Any]
_LONGEST = 14  # digits of a time in milliseconds; there is no year 10,000


def preset(name: str, now: datetime, policy: Policy) -> Fields:
    """Give the fields of a preset search. Raises `WrongSearch`."""
    made = PRESETS.get(name.replace(" ", "-"))
    if made is None:
        raise WrongSearch(f"preset: there is no {name!r}; there are {', '.join(PRESETS)}.")
    return made(now, policy)


def begun(cursor: str | None, now: datetime) -> tuple[datetime, str | None]:
    """Give when a preset search began, of which all pages ask, and its cursor proper. Raises `WrongSearch`."""
    if cursor is None:
        return instant_of(milliseconds_of(now)), None
    at, point, rest = cursor.partition(".")
    if not (point and at.isascii() and at.isdigit() and len(at) <= _LONGEST):
        raise WrongSearch(DAMAGED)
    return instant_of(int(at)), rest


def continued(next: str | None, began: datetime | None) -> str | None:
    """Give the cursor of the next page of a search, if there is one; `began`: when, if it is a preset."""
    return next if next is None or began is None else f"{milliseconds_of(began)}.{next}"


def _stale(now: datetime, policy: Policy) -> Fields:
    """Available for longer than the policy's `stale`: nobody wants them."""
    return {"state": ("available",), "since_to": _moved(now, -policy.stale), "sort": "since"}


def _ending_soon(now: datetime, policy: Policy) -> Fields:
    """Holds that end within the policy's notice, or are over."""
    return {"state": ("reserved", "locked"), "until_to": _moved(now, policy.notice), "sort": "until"}


def _charged(now: datetime, policy: Policy) -> Fields:
    """Reservations that somebody pays for, the next to end first."""
    return {"state": ("reserved",), "charged": True, "sort": "until"}


def _moved(now: datetime, period: timedelta) -> datetime:
    try:
        return now + period
    except OverflowError:
        return now


PRESETS: dict[str, Callable[[datetime, Policy], Fields]] = {
    "stale": _stale, "ending-soon": _ending_soon, "charged": _charged,
}  # fmt: skip
