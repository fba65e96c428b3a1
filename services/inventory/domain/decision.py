"""The table of the bank: for each command where it is allowed, what is checked, what it does.

A row reads: the event that answers it, the reasons to refuse in order of precedence, the change.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from contracts.inventory import Ask
from contracts.transitions import LEGAL
from services.inventory.domain import changes
from services.inventory.domain.checks import (
    Check,
    allowed_from,
    already_exists,
    effective_in_future,
    invalid_number,
    nobody_to_assign_to,
    since_in_future,
    unknown_number,
    version_mismatch,
)
from services.inventory.domain.claims import (
    golden_must_be_reserved_first,
    held_by_another,
    hold_not_due,
    not_assigned_to_subscription,
    not_extended_by,
    sku_mismatch,
    stale_hold,
    unknown_cause,
    unknown_imported_cause,
    until_not_later,
)
from services.inventory.domain.number import Number, Rejected, Terms
from services.inventory.domain.undoing import changed_since, nothing_to_undo, undo_window_over

Change = Callable[[Number, Any, Terms], Number]


class Decision(NamedTuple):
    """How one command is decided."""

    event: str
    checks: tuple[Check, ...]
    change: Change


class Decided(NamedTuple):
    """What a command led to: the event, and the number after it or why it was rejected."""

    event: str
    outcome: Number | Rejected


def _joins(event: str, change: Change, *checks: Check) -> Decision:
    return Decision(event, (already_exists, invalid_number, version_mismatch, *checks), change)


def _on(command: str, event: str, change: Change, *claims: Check, at: Check | None = None) -> Decision:
    times = () if at is None else (at,)
    legal = allowed_from(command, LEGAL[command])
    return Decision(event, (unknown_number, version_mismatch, *times, legal, *claims), change)


DECISIONS: dict[str, Decision] = {
    "number.add": _joins("number.added", changes.add),
    "number.import": _joins("number.imported", changes.import_, since_in_future, unknown_imported_cause),
    "number.update": _on("number.update", "number.updated", changes.update),
    "number.reserve": _on("number.reserve", "number.reserved", changes.reserve),
    "number.extend": _on(
        "number.extend", "number.reservation_extended", changes.extend, held_by_another, until_not_later
    ),
    "number.end_extension": _on(
        "number.end_extension", "number.reservation_extension_ended", changes.end_extension, not_extended_by,
        at=effective_in_future,
    ),
    "number.release": _on("number.release", "number.released", changes.release),
    "number.assign": _on(
        "number.assign", "number.assigned", changes.assign, nobody_to_assign_to, stale_hold, held_by_another,
        golden_must_be_reserved_first, sku_mismatch,
    ),
    "number.transfer": _on(
        "number.transfer", "number.transferred", changes.transfer, not_assigned_to_subscription
    ),
    "number.unassign": _on(
        "number.unassign", "number.reserved", changes.unassign, unknown_cause, not_assigned_to_subscription,
        at=effective_in_future,
    ),
    "number.lock": _on("number.lock", "number.locked", changes.lock),
    "number.unlock": _on("number.unlock", "number.unlocked", changes.unlock),
    "number.delete": _on("number.delete", "number.deleted", changes.delete),
    "number.recover": _on("number.recover", "number.recovered", changes.recover),
    "number.expire": _on("number.expire", "number.released", changes.expire, stale_hold, hold_not_due),
    # Whether a change can be undone depends on what came of it, not on the state.
    "number.restore": Decision(
        "number.restored",
        (unknown_number, version_mismatch, nothing_to_undo, changed_since, undo_window_over),
        changes.restore,
    ),
}  # fmt: skip


def decide(number: Number, command: str, data: Ask, terms: Terms) -> Decided:
    """Carry out a command on a number, or say why not. A rejected command changes nothing."""
    event, checks, change = DECISIONS[command]
    for check in checks:
        rejected = check(number, data, terms)
        if rejected is not None:
            return Decided("command.rejected", rejected)
    return Decided(event, change(number, data, terms))
