"""What checks look at: all that the topics have said, all mails, and when a service was killed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

from contracts.fields import parse_instant
from contracts.message import Topic
from contracts.topics import INVENTORY_COMMANDS
from services.ops.demo.ledger import Data, Heard, Ledger
from services.ops.demo.post import Mail

ENDED_BY_TIME = ("reservation_expired", "lock_expired")


class Finding(NamedTuple):
    """Something that was checked, whether it holds, and what tells so."""

    check: str
    ok: bool
    evidence: str


class Crash(NamedTuple):
    """A service that was killed: when, and when it was back, in real Unix milliseconds and in the story."""

    service: str
    killed: int
    back: int
    killed_at: datetime
    back_at: datetime


class Rest(NamedTuple):
    """A hold that has ended by itself: the change before the end, and the end."""

    held: Heard
    released: Heard

    @property
    def hold(self) -> Data:
        """The hold as it was last."""
        hold: Data = self.held.data["hold"]
        return hold

    @property
    def began(self) -> datetime:
        """When it began."""
        return parse_instant(self.held.data["since"])

    @property
    def until(self) -> datetime:
        """When it was to end."""
        return parse_instant(self.hold["until"])

    @property
    def days(self) -> float:
        """How long it was to last."""
        return (self.until - self.began).total_seconds() / 86_400

    @property
    def on_time(self) -> bool:
        """Whether the number was free from the very end of the hold on."""
        return parse_instant(self.released.data["since"]) == self.until


@dataclass
class Books:
    """The evidence, read once for all checks."""

    ledger: Ledger
    mails: Sequence[Mail]
    crash: Crash | None

    @cached_property
    def histories(self) -> Mapping[str, list[Heard]]:
        """The changes of each number, by version."""
        return self.ledger.histories()

    @cached_property
    def rests(self) -> list[Rest]:
        """All holds that have ended by themselves."""
        return [
            Rest(before, after)
            for changes in self.histories.values()
            for before, after in pairwise(changes)
            if after.data["reason"] in ENDED_BY_TIME and before.data["hold"]
        ]

    def rest(self, number: str, cause: str) -> Rest | None:
        """Give the first hold of a number for this cause that has ended by itself."""
        return next((rest for rest in self.rests if rest.held.subject == number and rest.hold["cause"] == cause), None)

    def answers(self, question: Heard, topic: Topic) -> list[Heard]:
        """Give the answers to a question, each once."""
        return [each for each in self.ledger.answers.get(question.id, {}).values() if each.topic == topic.name]

    def asked(self, number: str, command: str) -> Iterator[Heard]:
        """Give the commands of one type for a number."""
        return (each for each in self.ledger.once(INVENTORY_COMMANDS) if (each.subject, each.type) == (number, command))
