"""What became of a command of the gateway."""

from typing import NamedTuple

from contracts.inventory import CommandRejected, NumberEvent

PREFIX = "gw-"  # of the ids of all commands of the gateway; only their outcomes are kept


class Outcome(NamedTuple):
    """The answer of inventory. `type` is that of the event; `version` and `state` are those of the number then.

    A refusal has a `code` and a `message`; its version and state are None for an unknown number.
    """

    command: str
    number: str
    type: str
    version: int | None
    state: str | None
    code: str | None = None
    message: str | None = None

    @property
    def accepted(self) -> bool:
        """Whether the number has changed."""
        return self.code is None


def outcome_of(event: NumberEvent | CommandRejected) -> Outcome:
    """Give what an answer says."""
    plain = Outcome(event.causationid or "", event.subject, event.type, event.data.version, event.data.state)
    if isinstance(event, CommandRejected):
        return plain._replace(code=event.data.code, message=event.data.message)
    return plain
