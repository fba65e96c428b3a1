"""What inventory would say to a row, by what the catalogue knows now. Only inventory's own answer counts."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from contracts.fields import instant_of, parse_instant
from contracts.transitions import JOINS, LEGAL
from services.gateway.domain.entry import Entry

_AHEAD = timedelta(minutes=5)
_UNDONE_FOR = timedelta(hours=24)
_UNDOES = {("available", "reserved"), ("available", "locked"), ("deleted", "available"), ("deleted", "locked"),
           ("locked", "available")}  # fmt: skip
_EXPIRIES = ("reservation_expired", "lock_expired")


class Foreseen(NamedTuple):
    """What a command would come to. `version`: of the number now, 0 if unknown; `code` None: it would be accepted."""

    version: int
    code: str | None = None
    reason: str | None = None


def foresee(command: str, number: str, data: Mapping[str, Any], entry: Entry | None, at: datetime) -> Foreseen:
    """Give what would become of a command, in inventory's own order of reasons."""
    version = 0 if entry is None else entry["version"]
    state = None if entry is None else entry["state"]
    refused = _joining(command, number, state, data, at) if command in JOINS else None
    if refused is None and command not in JOINS and state is None:
        refused = "unknown_number", f"{number} is not in the bank."
    expected = data.get("expected_version")
    if refused is None and expected is not None and expected != version:
        refused = "version_mismatch", f"{number} is at version {version}, not {expected}."
    if refused is None and command in LEGAL and state not in LEGAL[command]:
        right = " or ".join(LEGAL[command])
        refused = "invalid_transition", f"{number} is {state}; this is for numbers that are {right}."
    if refused is None and command == "number.restore" and entry is not None:
        refused = _restoring(number, data["version"], entry, at)
    return Foreseen(version, *(refused or ()))


def _joining(
    command: str, number: str, state: str | None, data: Mapping[str, Any], at: datetime
) -> tuple[str, str] | None:
    if state is not None:
        return "already_exists", f"{number} is {state}; use {'recover' if state == 'deleted' else 'update'}."
    if command == "number.import" and parse_instant(data["since"]) - at > _AHEAD:
        return "time_in_future", f"since is {data['since']}, more than five minutes ahead."
    return None


def _restoring(number: str, version: int, entry: Entry, at: datetime) -> tuple[str, str] | None:
    undoable = (entry["state"], entry["previous"]) in _UNDOES and entry["reason"] not in _EXPIRIES
    if version >= entry["version"] and not undoable:
        return "invalid_transition", f"version {version} of {number} cannot be undone."
    if version != entry["version"]:
        return "changed_since", f"{number} is {entry['state']} at version {entry['version']}, not at {version}."
    if at - instant_of(entry["since"]) > _UNDONE_FOR:
        return "undo_window_over", f"{number} has been {entry['state']} for more than 24 hours."
    return None
