"""Which change of state each event of inventory may tell: found by trying inventory's own table.

Every command is carried out on a number in each state that it is allowed in; what becomes of the number is
legal, everything else is not.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, get_args

from contracts.fields import State
from contracts.transitions import LEGAL, UNDOABLE
from services.inventory.domain import DECISIONS, Attributes, Classified, Hold, Holder, Number, Terms

Transitions = Mapping[str, frozenset[tuple[str | None, str]]]
RESTORE, RESTORED = "number.restore", "number.restored"
UNDONE = frozenset(DECISIONS[command].event for command in UNDOABLE)  # events whose change can be undone
STATES: tuple[State, ...] = get_args(State)
_AT = datetime(2026, 1, 1, tzinfo=UTC)
_TERMS = Terms(_AT, lambda cause: True, lambda cause, traits: timedelta(days=1), lambda number: Classified("voip"))


@cache
def transitions() -> Transitions:
    """Give for each event the states before and after that it may tell; before None: the number was unknown."""
    legal: dict[str, set[tuple[str | None, str]]] = defaultdict(set)
    for command, decision in DECISIONS.items():
        legal[decision.event].update(_of(command))
    return {event: frozenset(pairs) for event, pairs in legal.items()}


def _of(command: str) -> Iterator[tuple[str | None, str]]:
    change = DECISIONS[command].change
    if command == RESTORE:
        for undone in (DECISIONS[each].change(_number(state), _data(), _TERMS) for each, state in _undoable()):
            yield undone.state, str(change(undone, _data(), _TERMS).state)
    elif command in LEGAL:
        for before in LEGAL[command]:
            after = change(_number(before), _data(), _TERMS)
            yield before, str(after.state)
    elif command == "number.add":
        yield None, str(change(Number("+6531580001"), _data(), _TERMS).state)
    else:  # number.import
        yield from ((None, state) for state in STATES)


def _undoable() -> Iterator[tuple[str, State]]:
    return ((command, state) for command in UNDOABLE for state in LEGAL[command])


def _number(state: State) -> Number:
    hold = Hold("manual", 1, _AT, _AT) if state in ("reserved", "locked") else None
    holder = Holder("acme") if state in ("reserved", "assigned") else None
    subscription = "S-1" if state == "assigned" else None
    return Number("+6531580001", state, None, 1, _AT, hold, holder, subscription, attributes=Attributes("v", "SG", "s"))


def _data() -> Any:
    """Give data that every command understands: what the change takes from it does not touch the state."""
    return _Anything()


class _Anything:
    """Has every field of every command, and none of them is set."""

    model_fields_set: frozenset[str] = frozenset()
    cause = "manual"
    until = _AT
    capabilities, visible_to, golden, ported_in = ("voice",), (), False, False

    def __getattr__(self, name: str) -> None:
        if name.startswith("__"):
            raise AttributeError(name)
