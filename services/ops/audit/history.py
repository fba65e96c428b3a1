"""Rules for the changes of one number: each looks at a change and the one before, and says what is wrong.

`lent to one` and the others hold for every number at every version, so each is checked at each event.
"""

from collections.abc import Callable

from services.ops.audit.change import Change
from services.ops.audit.findings import Findings
from services.ops.audit.restoring import Restorations
from services.ops.audit.transitions import RESTORED, transitions

LEGAL = transitions()
REJECTED = "command.rejected"


Rule = Callable[[Change | None, Change], str | None]


def legal(before: Change | None, after: Change) -> str | None:
    """Say if no command leads from the state before to the state after under such an event."""
    was = None if before is None else before.state
    if (was, after.state) in LEGAL.get(after.type, ()):
        return None
    return f"{after.type} does not lead from {was or 'an unknown number'} to {after.state}"


def previous_is_true(before: Change | None, after: Change) -> str | None:
    """Say if the event names another state before than there was."""
    was = None if before is None else before.state
    return None if after.previous == was else f"names {after.previous} as the state before, which was {was}"


def whole(before: Change | None, after: Change) -> str | None:
    """Say if a state lacks its hold, holder or subscription, or has what does not go with it."""
    state = after.state
    parts = (
        ("hold", after.hold, state in ("reserved", "locked")),
        ("holder", after.org, state in ("reserved", "assigned")),
        ("subscription", after.subscription, state == "assigned"),
    )
    for name, value, wanted in parts:
        if (value is not None) != wanted:
            return f"is {state} {'without' if wanted else 'with'} a {name}"
    return None


def since_is_true(before: Change | None, after: Change) -> str | None:
    """Say if the time since which a state lasts has moved, although the state has not changed."""
    if before is None or before.state != after.state or before.since == after.since:
        return None
    return f"is {after.state} as before, but since {after.since} and no longer since {before.since}"


def lent_to_one(before: Change | None, after: Change) -> str | None:
    """Say if somebody gets what another one holds."""
    if before is None:
        return None
    if before.state == "reserved" and after.state in ("reserved", "assigned") and before.org != after.org:
        return f"goes to {after.org} while {before.org} has it reserved"
    if before.state == after.state == "assigned" and before.subscription != after.subscription:
        return f"goes to {after.subscription} while {before.subscription} has it"
    if before.state == "assigned" and after.state == "reserved" and before.org != after.org:
        return f"rests for {after.org}, but {before.org} had it"
    return None


def hold_is_true(before: Change | None, after: Change) -> str | None:
    """Say if a new hold was not placed by this version, or an old one has changed its beginning."""
    if after.hold is None or after.type == RESTORED:  # what is restored was placed before
        return None
    placed = after.hold["placed"]
    stands = before is not None and before.state == after.state and before.hold is not None
    right = before.hold["placed"] if stands else after.version  # type: ignore[index, union-attr]
    return None if placed == right else f"has a hold of version {placed}, which must be of version {right}"


RULES: tuple[tuple[str, Rule], ...] = (
    ("transition legal", legal),
    ("transition legal", previous_is_true),
    ("transition legal", whole),
    ("transition legal", since_is_true),
    ("lent to one", lent_to_one),
    ("transition legal", hold_is_true),
)


class History:
    """The present state of each number of some partitions, folded from its events."""

    def __init__(self, findings: Findings) -> None:
        self.numbers: dict[str, Change] = {}
        self._findings = findings
        self._restorations = Restorations()

    def follow(self, change: Change, whole: bool) -> Change | None:
        """Take the next change of a number, check it, and give the one before; `whole`: its first is still held."""
        number = change.number
        before = self.numbers.get(number)
        expected = 1 if before is None else before.version + 1
        if change.version != expected and (before is not None or whole):
            if before is not None and change.version == before.version and change.id == before.id:
                return before  # said twice after a fault
            self._gap(before, change, expected)
            if before is not None and change.version < expected:
                return before
        elif before is not None or whole:
            for name, rule in (*RULES, ("restored as it was", self._restorations.wrong)):
                wrong = rule(before, change)
                if wrong is not None:
                    places = (change.place,) if before is None else (before.place, change.place)
                    self._findings.add(name, number, f"version {change.version} {wrong}", *places)
        self._restorations.note(before if change.version == expected else None, change)
        self.numbers[number] = change
        return before

    def _gap(self, before: Change | None, change: Change, expected: int) -> None:
        last = "nothing" if before is None else f"version {before.version}"
        message = f"version {change.version} follows {last}, and not {expected}"
        if change.version < expected:
            message = f"version {change.version} is told again, by another event"
        places = (change.place,) if before is None else (before.place, change.place)
        self._findings.add("versions contiguous", change.number, message, *places)
