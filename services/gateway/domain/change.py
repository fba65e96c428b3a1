"""A change of a number as the history has it: the number after it, who asked for it, and by which command."""

from collections.abc import Mapping
from typing import Any

from contracts.fields import milliseconds_of
from contracts.inventory import NumberEvent
from services.gateway.domain.entry import Entry, entry_of
from services.gateway.domain.terms import holders_of

_BETWEEN = "#"  # before all digits, so that the changes of a number come before those of a longer one
_BEHIND = "$"  # the next character


def entry_after(before: Entry | None, event: NumberEvent) -> Entry:
    """Give the entry of a number after an event. `at`, when it became so, never lies before that of the version before.

    Clocks of instances differ a little; so there is one latest version at any time.
    """
    at = milliseconds_of(event.data.since if event.time is None else event.time)
    return entry_of(event.data) | {"at": at if before is None else max(at, before["at"])}


def change_of(entry: Entry, event: NumberEvent) -> Entry:
    """Give the change that an event tells and that led to an entry."""
    return entry | {
        "_id": change_id(entry["_id"], entry["version"]),
        "number": entry["_id"],
        "terms": holders_of(entry),
        "type": event.type,
        "event": event.id,
        "correlationid": event.correlationid,
        "causationid": event.causationid,
        "actor": event.actor,
    }


def entry_at(change: Mapping[str, Any]) -> Entry:
    """Give the number as it was after a change."""
    return {**change, "_id": change["number"]}


def change_id(number: str, version: int) -> str:
    """Name a change, so that names stand in the order of numbers and then of versions."""
    digits = str(version)
    return f"{number}{_BETWEEN}{chr(ord('a') + len(digits))}{digits}"


def changes_between(number: str) -> tuple[str, str]:
    """Give what the names of all changes of a number lie between: the first from, the second before."""
    return number + _BETWEEN, number + _BEHIND
