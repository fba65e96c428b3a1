"""What inventory would say to a row, by what the catalogue knows now. Only inventory's own answer counts."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from contracts.fields import instant_of, parse_instant
from contracts.transitions import GONE, JOINS, LEGAL
from services.gateway.domain.entry import Entry

NEEDS_FORCE = "needs_force"  # the one code that is ours: such a row is not sent
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

    @property
    def outcome(self) -> str:
        """Accepted, rejected by inventory, or refused before."""
        return "accepted" if self.code is None else "refused" if self.code == NEEDS_FORCE else "rejected"


class Asking(NamedTuple):
    """A command, and the number that it is for. `at`: the bank's clock; `fault`: what numbering plans object to."""

    command: str
    number: str
    data: Mapping[str, Any]
    entry: Entry | None
    at: datetime
    fault: Callable[[str], str | None] = lambda number: None


Objection = Callable[[Asking], tuple[str, str] | None]


def foresee(asked: Asking, *, force: bool = False) -> Foreseen:
    """Give what would become of a command. `force`: also where others may use the number."""
    version = 0 if asked.entry is None else asked.entry["version"]
    for objection in (*(_JOINING if asked.command in JOINS else _STANDING), *(() if force else (_gone,))):
        if (refused := objection(asked)) is not None:
            return Foreseen(version, *refused)
    return Foreseen(version)


def _exists(asked: Asking) -> tuple[str, str] | None:
    if asked.entry is None:
        return None
    advice = "recover" if asked.entry["state"] == "deleted" else "update"
    return "already_exists", f"{asked.number} is {asked.entry['state']}; use {advice}."


def _invalid(asked: Asking) -> tuple[str, str] | None:
    fault = asked.fault(asked.number)
    return None if fault is None else ("invalid_number", fault)


def _unknown(asked: Asking) -> tuple[str, str] | None:
    return None if asked.entry is not None else ("unknown_number", f"{asked.number} is not in the bank.")


def _at_another_version(asked: Asking) -> tuple[str, str] | None:
    expected, version = asked.data.get("expected_version"), 0 if asked.entry is None else asked.entry["version"]
    if expected in (None, version):
        return None
    return "version_mismatch", f"{asked.number} is at version {version}, not {expected}."


def _ahead(asked: Asking) -> tuple[str, str] | None:
    if "since" not in asked.data or parse_instant(asked.data["since"]) - asked.at <= _AHEAD:
        return None
    return "time_in_future", f"since is {asked.data['since']}, more than five minutes ahead."


def _not_from_here(asked: Asking) -> tuple[str, str] | None:
    state = asked.entry and asked.entry["state"]
    if asked.command not in LEGAL or state in LEGAL[asked.command]:
        return None
    return "invalid_transition", f"{asked.number} is {state}; this is for {' or '.join(LEGAL[asked.command])} numbers."


def _not_undone(asked: Asking) -> tuple[str, str] | None:
    entry, number = asked.entry, asked.number
    if asked.command != "number.restore" or entry is None:
        return None
    version, now = asked.data["version"], entry["version"]
    undoable = (entry["state"], entry["previous"]) in _UNDOES and entry["reason"] not in _EXPIRIES
    if version >= now and not undoable:
        return "invalid_transition", f"version {version} of {number} cannot be undone."
    if version != now:
        return "changed_since", f"{number} is {entry['state']} at version {now}, not at {version}."
    if asked.at - instant_of(entry["since"]) > _UNDONE_FOR:
        return "undo_window_over", f"{number} has been {entry['state']} for more than 24 hours."
    return None


def _gone(asked: Asking) -> tuple[str, str] | None:
    if asked.command != "number.recover" or asked.entry is None or asked.entry["reason"] not in GONE:
        return None
    why = asked.entry["reason"].replace("_", " ")
    return NEEDS_FORCE, f"{asked.number} was deleted as {why}: others may use it; recover it with force."


# In inventory's own order.
_JOINING: tuple[Objection, ...] = (_exists, _invalid, _at_another_version, _ahead)
_STANDING: tuple[Objection, ...] = (_unknown, _at_another_version, _not_from_here, _not_undone)
