"""The reasons to refuse: each looks at one thing and gives a rejection, or None.

Here is whether the number, its version, the time and its state allow a command at all; `claims`
goes on with holds and holders. All stand in the order of precedence, and each may rely on those
before it in the row of its command (`decision`).
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from contracts import inventory as ask
from contracts.fields import State, format_instant
from services.inventory.domain.number import Number, Rejected, Terms

Check = Callable[[Number, Any, Terms], Rejected | None]
AHEAD = timedelta(minutes=5)  # how far the clocks of others may be ahead of ours


def unknown_number(number: Number, data: ask.Ask, terms: Terms) -> Rejected | None:
    """Refuse whatever is asked of a number that is not in the bank."""
    if number.version:
        return None
    return Rejected("unknown_number", f"{number.number} is not in the bank; use add or import first.")


def already_exists(number: Number, data: ask.Ask, terms: Terms) -> Rejected | None:
    """Refuse to add what is there."""
    if not number.version:
        return None
    advice = "use recover" if number.state == "deleted" else "use update to change its attributes"
    return Rejected("already_exists", f"{number.number} is {number.state}; {advice}.")


def invalid_number(number: Number, data: ask.Ask, terms: Terms) -> Rejected | None:
    """Refuse what no telephone can have."""
    fault = terms.classify(number.number).fault
    return None if fault is None else Rejected("invalid_number", fault)


def version_mismatch(number: Number, data: ask.Ask, terms: Terms) -> Rejected | None:
    """Refuse what was decided on another version; an unknown number is at version 0."""
    if data.expected_version is None or data.expected_version == number.version:
        return None
    return Rejected(
        "version_mismatch",
        f"{number.number} is at version {number.version}, not {data.expected_version}; "
        f"look at it again and expect {number.version}.",
    )


def effective_in_future(number: Number, data: ask.Unassign | ask.EndExtension, terms: Terms) -> Rejected | None:
    """Refuse what takes effect later."""
    return _ahead("effective_at", data.effective_at, terms)


def since_in_future(number: Number, data: ask.Import, terms: Terms) -> Rejected | None:
    """Refuse a state that has not begun."""
    return _ahead("since", data.since, terms)


def _ahead(field: str, moment: datetime | None, terms: Terms) -> Rejected | None:
    if moment is None or moment - terms.at <= AHEAD:
        return None
    return Rejected(
        "time_in_future",
        f"{field} is {format_instant(moment)}, but it is {format_instant(terms.at)}; "
        "it may be at most 5 minutes ahead.",
    )


def allowed_from(command: str, states: tuple[State, ...]) -> Check:
    """Make the check that refuses a command in every state but these."""

    def invalid_transition(number: Number, data: ask.Ask, terms: Terms) -> Rejected | None:
        if number.state in states:
            return None
        return Rejected(
            "invalid_transition",
            f"{number.number} is {number.state}; {command} is for numbers that are {' or '.join(states)}.",
        )

    return invalid_transition


def nobody_to_assign_to(number: Number, data: ask.Assign, terms: Terms) -> Rejected | None:
    """Refuse to assign an available number without saying to whom: it has no reserver."""
    if data.holder is not None or number.holder is not None:
        return None
    return Rejected(
        "invalid_transition",
        f"{number.number} is {number.state} and nobody has reserved it; name the holder, or reserve it first.",
    )
