"""What a file would come to: counts, first examples of each reason, and a hash of all of it."""

import hashlib
import json
from collections import Counter
from typing import Any, NamedTuple

from services.gateway.domain.foresight import Foreseen
from services.gateway.domain.row import Refused, Row

EXAMPLES = 3  # of each code
_PLAN = 16  # bytes


class Example(NamedTuple):
    """A row that would not be carried out."""

    row: int
    number: str
    reason: str


class Plan:
    """Adds up what is foreseen for each row."""

    def __init__(self, verb: str, common: dict[str, Any]) -> None:
        self.outcomes: Counter[str] = Counter()  # accepted, rejected, refused
        self.codes: Counter[str] = Counter()
        self.examples: dict[str, list[Example]] = {}
        self._hash = hashlib.blake2b(digest_size=_PLAN)
        self._take(verb, common)

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return self.outcomes.total()

    @property
    def hash(self) -> str:
        """Tell this plan from every other: by verb, rows, what is foreseen for each, and the versions of numbers."""
        return self._hash.hexdigest()

    def refused(self, row: Refused) -> None:
        """Add a row that was refused when it was read."""
        self._take("refused", row.line, row.text, row.code)
        self._told("refused", row.code, Example(row.line, row.text, row.reason))

    def foreseen(self, row: Row, what: Foreseen) -> None:
        """Add a row that can be carried out, and what would become of it."""
        self._take("row", row.line, row.number, row.data, what.version, what.code)
        if what.code is None:
            self.outcomes["accepted"] += 1
        else:
            self._told(what.outcome, what.code, Example(row.line, row.number, what.reason or ""))

    def _told(self, outcome: str, code: str, example: Example) -> None:
        self.outcomes[outcome] += 1
        self.codes[code] += 1
        examples = self.examples.setdefault(code, [])
        if len(examples) < EXAMPLES:
            examples.append(example)

    def _take(self, *parts: Any) -> None:
        self._hash.update(json.dumps(parts, sort_keys=True, separators=(",", ":")).encode() + b"\n")
