"""Numbers as inventory keeps them, as far as a subscription can tell."""

from typing import NamedTuple

AVAILABLE, ASSIGNED, RESERVED = "available", "assigned", "reserved"
NOBODY, OURS, ANOTHER = 0, 1, 2  # subscriptions


class Number(NamedTuple):
    """A number. `placed`: the version that placed the hold it is in, `lost_by` whom it was taken from."""

    state: str = AVAILABLE
    owner: int = NOBODY
    holder: int = 0
    version: int = 1
    placed: int = 0
    lost_by: int = NOBODY
    cause: str = ""


class Command(NamedTuple):
    """What provisioning asks: `fact`, `number` and `verb` are its id."""

    fact: int
    number: int
    verb: str
    holder: int = 0
    placed: int = 0
    cause: str = ""


class Event(NamedTuple):
    """A number after a change, or a rejection. `command`: which it answers, None for one of an operator."""

    number: Number
    accepted: bool = True
    command: Command | None = None


def carried_out(number: Number, command: Command) -> Event:
    """Answer a command."""
    after = _after(number, command)
    return Event(after or number, after is not None, command)


def _after(number: Number, command: Command) -> Number | None:
    if command.verb == "assign":
        held_for_it = number.state == RESERVED and (
            command.placed == number.placed if command.placed else command.holder == number.holder
        )
        if held_for_it or (number.state == AVAILABLE and not command.placed):
            holder = number.holder if command.placed else command.holder
            return Number(ASSIGNED, OURS, holder, number.version + 1)
        return None
    if number.owner != OURS:
        return None
    if command.verb == "transfer":
        return number._replace(holder=command.holder, version=number.version + 1)
    version = number.version + 1
    return Number(RESERVED, NOBODY, number.holder, version, version, OURS, command.cause)


def by_hand(number: Number, holder: int) -> dict[str, Number]:
    """Give what an operator may make of a number that nobody uses."""
    version = number.version + 1
    if number.state == RESERVED:
        return {"releases": Number(version=version)}
    if number.state == AVAILABLE:
        return {
            "assigns to another": Number(ASSIGNED, ANOTHER, 1 - holder, version),
            "reserves": Number(RESERVED, NOBODY, holder, version, version),
            "assigns to the subscription": Number(ASSIGNED, OURS, holder, version),
        }
    return {}
