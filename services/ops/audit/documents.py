"""Rule: MongoDB says of each number what its last event says.

A document may be newer than the events that were read: its event is looked for where the topic ends then.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic_core import from_json

from services.chassis.partitions import home
from services.inventory.events import number_data
from services.inventory.store import NUMBERS, number_from
from services.ops.audit.change import Change
from services.ops.audit.findings import Findings, document
from services.ops.audit.paging import PAGE, pages

COLLECTION = f"inventory.{NUMBERS}"
LONGEST = 18  # characters of what fits into 64 bits
RULE = "state as told"


class Documents:
    """The documents of all numbers, compared part by part with what was folded from events."""

    def __init__(self, db: Any, partitions: int, findings: Findings) -> None:
        self._numbers, self._partitions, self._findings = db[COLLECTION], partitions, findings
        self._known: list[array[int]] = [array("Q") for _ in range(partitions)]  # 8 bytes a number, in order
        self.ahead: dict[str, Mapping[str, Any]] = {}  # documents that are newer than what was read

    async def compare(self, folded: Mapping[str, Change]) -> None:
        """Compare the numbers of some partitions."""
        self._findings.counts["numbers"] += len(folded)
        for page in pages(folded):
            cursor = self._numbers.find({"_id": {"$in": page}}, {"answered": 0}, batch_size=PAGE + 1)
            found = {each["_id"]: each for each in await cursor.to_list(None)}
            for number in page:
                self._compare(folded[number], found.get(number))
        self._remember(folded)

    def _compare(self, change: Change, found: Mapping[str, Any] | None) -> None:
        if found is None:
            self._findings.add(
                RULE, change.number, "has no document", change.place, document(COLLECTION, change.number)
            )
        elif type(found.get("version")) is int and found["version"] > change.version:
            self.ahead[change.number] = found
        else:
            self.judge(change, found)

    def judge(self, change: Change, found: Mapping[str, Any]) -> None:
        """Find the fields in which a document and an event differ."""
        wrong = differences(found, from_json(change.value)["data"])
        if wrong:
            self._findings.add(
                RULE, change.number, f"version {change.version}: {wrong}", change.place,
                document(COLLECTION, change.number),
            )  # fmt: skip

    async def unheard_of(self) -> None:
        """Note the documents of numbers of which no event was read: they may be new."""
        unknown: list[Any] = []
        async for found in self._numbers.find({}, {"_id": 1}, batch_size=20_000):
            if not self._knows(found["_id"]):
                unknown.append(found["_id"])
        for page in pages(unknown):
            async for found in self._numbers.find({"_id": {"$in": page}}, {"answered": 0}):
                self.ahead[found["_id"]] = found

    def _remember(self, numbers: Iterable[str]) -> None:
        parts: list[list[int]] = [[] for _ in self._known]
        for number in numbers:
            if number[1:].isdecimal() and len(number) < LONGEST:
                parts[home(number, self._partitions)].append(int(number[1:]))
        for place, part in enumerate(parts):
            if part:
                self._known[place] = array("Q", sorted([*self._known[place], *part]))

    def _knows(self, number: object) -> bool:
        if not isinstance(number, str) or not number[1:].isdecimal() or len(number) >= LONGEST:
            return False
        known, digits = self._known[home(number, self._partitions)], int(number[1:])
        found = bisect_left(known, digits)
        return found < len(known) and known[found] == digits


def differences(found: Mapping[str, Any], told: Mapping[str, Any]) -> str:
    """Say in which fields a document differs from the data of an event; nothing where they agree."""
    try:
        stored = number_data(number_from(dict(found)))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        return f"the document cannot be read: {error!r}"
    wrong = []
    for name, value in stored.items():
        plain = list(value) if isinstance(value, tuple) else value
        if plain != told.get(name):
            wrong.append(f"{name} is {plain!r} in MongoDB and {told.get(name)!r} in the event")
    return "; ".join(wrong)
