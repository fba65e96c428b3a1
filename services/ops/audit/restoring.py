"""Rule: what is restored is exactly what was there before the change that is undone.

Of a number whose latest change can be undone the audit keeps a digest of how it was before: 16 bytes.
"""

from hashlib import blake2b

from pydantic_core import from_json, to_json

from contracts.fields import parse_instant
from services.inventory.domain.undoing import UNDO_WINDOW
from services.lifecycle_timer.domain import ENDED_BY_TIME
from services.ops.audit.change import Change
from services.ops.audit.transitions import RESTORED, UNDONE

OF_A_CHANGE = ("version", "previous", "remark", "reason")  # what differs from one change to the next by itself


class Restorations:
    """How numbers were before what can be undone."""

    def __init__(self) -> None:
        self._former: dict[str, bytes] = {}

    def wrong(self, before: Change | None, after: Change) -> str | None:
        """Say if a number is restored to what it was not, or too late."""
        if after.type != RESTORED or before is None:
            return None
        if not _can_be_undone(before):
            return f"undoes {before.type}, which cannot be undone"
        former = self._former.get(after.number)
        if former is not None and former != _standing(after):
            return f"is not as the number was before version {before.version}"
        at = from_json(after.value).get("time")
        if at and parse_instant(at) - parse_instant(before.since) > UNDO_WINDOW:
            return f"undoes at {at} what has been so since {before.since}, for more than 24 hours"
        return None

    def note(self, before: Change | None, after: Change) -> None:
        """Remember how a number was, as long as that may be needed."""
        if before is not None and _can_be_undone(after):
            self._former[after.number] = _standing(before)
        else:
            self._former.pop(after.number, None)


def _can_be_undone(change: Change) -> bool:
    return change.type in UNDONE and change.reason not in ENDED_BY_TIME


def _standing(change: Change) -> bytes:
    """Give what stands for a number without what belongs to one change only."""
    data = {name: value for name, value in from_json(change.value)["data"].items() if name not in OF_A_CHANGE}
    return blake2b(to_json(dict(sorted(data.items()))), digest_size=16).digest()
