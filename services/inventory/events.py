"""What inventory says: the data of its events, as plain JSON values."""

from datetime import datetime
from functools import lru_cache
from typing import Any

from contracts.fields import format_instant
from contracts.message import Message
from services.chassis.work import derived_id
from services.inventory.domain import Hold, Number, Rejected
from services.inventory.store import described


def event_id(command: Message, event: str, version: int) -> str:
    """Name what came of a command. The id of a command may be used again after a day: what comes of it then is new."""
    return derived_id("/inventory", command.subject, command.source, command.id, event, version)


def number_data(number: Number) -> dict[str, Any]:
    """Give the whole number after a change."""
    holder = number.holder
    return {
        "number": number.number,
        "state": number.state,
        "previous": number.previous,
        "version": number.version,
        "since": _instant(number.since),
        "hold": None if number.hold is None else _hold_data(number.hold),
        "holder": None if holder is None else {"org": holder.org, "kind": holder.kind},
        "subscription": number.subscription,
        "remark": number.remark,
        "reason": number.reason,
        **described(number.attributes),
    }


def rejection_data(command: str, rejected: Rejected, number: Number) -> dict[str, Any]:
    """Give why a command was rejected, and how the number is; a stranger has no state."""
    return {
        "command": command,
        "code": rejected.code,
        "message": rejected.message,
        "state": number.state,
        "version": number.version or None,
    }


def _hold_data(hold: Hold) -> dict[str, Any]:
    until = _instant(hold.until)
    return {
        "cause": hold.cause,
        "placed": hold.placed,
        "until": until,
        "free_until": until if hold.free_until == hold.until else _instant(hold.free_until),
        "charged": hold.charged,
        "did_reservation": hold.did_reservation,
        "subscription": hold.subscription,
    }


# The numbers of a batch begin and end their holds at the same few times.
@lru_cache(maxsize=1024)
def _instant(at: datetime | None) -> str | None:
    return None if at is None else format_instant(at)
