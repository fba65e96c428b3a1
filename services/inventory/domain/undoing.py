"""The reasons to refuse to undo a change; see `checks`."""

from datetime import timedelta

from contracts import inventory as ask
from contracts.fields import format_instant
from services.inventory.domain.number import Number, Rejected, Terms

UNDO_WINDOW = timedelta(hours=24)  # its very end is within


def nothing_to_undo(number: Number, data: ask.Restore, terms: Terms) -> Rejected | None:
    """Refuse to undo a version that came otherwise, or is none; of earlier ones nobody knows any longer."""
    if number.former is not None or data.version < number.version:
        return None
    return Rejected(
        "invalid_transition",
        f"version {data.version} of {number.number} cannot be undone; number.restore is for a present version that "
        "came from release, delete, unlock or lock.",
    )


def changed_since(number: Number, data: ask.Restore, terms: Terms) -> Rejected | None:
    """Refuse to undo what is no longer, or not yet, the latest change."""
    if data.version == number.version:
        return None
    return Rejected(
        "changed_since",
        f"{number.number} is {number.state} at version {number.version}, not at {data.version}; "
        "only its latest change can be undone: look at it again.",
    )


def undo_window_over(number: Number, data: ask.Restore, terms: Terms) -> Rejected | None:
    """Refuse to undo what was changed long ago, by the time that the present state began."""
    if terms.at - number.since <= UNDO_WINDOW:
        return None
    return Rejected(
        "undo_window_over",
        f"{number.number} has been {number.state} since {format_instant(number.since)} and it is "
        f"{format_instant(terms.at)}; a change can be undone for 24 hours, then use {_instead(number)}.",
    )


def _instead(number: Number) -> str:
    assert number.former is not None, "what cannot be undone is refused before"
    if number.state == "available":
        return "reserve" if number.former.state == "reserved" else "lock"
    return "unlock" if number.state == "locked" else "recover"
