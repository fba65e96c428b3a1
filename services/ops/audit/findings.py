"""What an audit finds, and what it counts."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from services.ops.dead_letters import Place

COUNTS = (
    "records", "questions", "answered", "pending", "dead_letters", "repeats", "changes", "numbers", "moving",
    "notices", "mails", "unpublished",
)  # fmt: skip


class Finding(NamedTuple):
    """A rule that does not hold for a subject: why in words, and where to look."""

    rule: str
    subject: str
    message: str
    evidence: tuple[Mapping[str, Any], ...]

    def described(self) -> dict[str, Any]:
        """Give it for programs."""
        return {**self._asdict(), "evidence": list(self.evidence)}


def record(place: Place) -> dict[str, Any]:
    """Name a record as evidence. Offset -1: it is in a fence, and not on the topic yet."""
    return place._asdict()


def document(collection: str, id: object) -> dict[str, Any]:
    """Name a document as evidence."""
    return {"collection": collection, "_id": str(id)}


class Findings:
    """Takes findings as they come, hands each on, and counts."""

    def __init__(self, tell: Callable[[Finding], None]) -> None:
        self._tell = tell
        self.rules: Counter[str] = Counter()
        self.counts: Counter[str] = Counter(dict.fromkeys(COUNTS, 0))

    def add(self, rule: str, subject: str, message: str, *evidence: Mapping[str, Any] | Place) -> None:
        """Note that a rule does not hold."""
        self.rules[rule] += 1
        places = tuple(record(each) if isinstance(each, Place) else each for each in evidence)
        self._tell(Finding(rule, subject, message, places))

    def summary(self) -> dict[str, Any]:
        """Sum up: whether all is well, how much was looked at, and how often which rule does not hold."""
        found = self.rules.total()
        return {"ok": not found, "findings": found, **self.counts, "rules": dict(self.rules)}
