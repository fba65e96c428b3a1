"""What the load generator was told is safe: what it may hold the system to."""

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

ANSWERED = {"inventory.commands": "inventory.events", "billing.events": "provisioning.events"}  # and where


class Said(NamedTuple):
    """A record to be written. `id` None: it has none that an answer could name."""

    topic: str
    partition: int
    subject: str
    id: str | None
    key: bytes | None
    value: bytes


class Where(NamedTuple):
    """A record that is on its topic."""

    topic: str
    partition: int
    offset: int


@dataclass
class Ledger:
    """Everything that the broker has acknowledged."""

    asked: dict[str, dict[str, str]] = field(default_factory=dict)  # by topic: subject by id of what needs an answer
    garbage: set[Where] = field(default_factory=set)  # what has to become a dead letter
    records: int = 0  # acknowledged
    repeats: int = 0  # acknowledged again under an id that was
    doubtful: Counter[str] = field(default_factory=Counter)  # not acknowledged, perhaps there; by error

    def acknowledged(self, said: Said, offset: int) -> None:
        """Note that a record is safe."""
        self.records += 1
        if said.topic not in ANSWERED:
            return
        if said.id is None:
            self.garbage.add(Where(said.topic, said.partition, offset))
            return
        asked = self.asked.setdefault(said.topic, {})
        self.repeats += said.id in asked
        asked[said.id] = said.subject
