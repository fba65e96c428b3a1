"""Rule: the gateway finds each number as its last event told it, and knows of each change before.

Views that are made anew meanwhile take the place of the old ones; from then on nothing is compared.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic_core import from_json

from services.chassis.records import Lot
from services.gateway.domain import change_id
from services.gateway.domain.terms import terms_of
from services.gateway.showing import shown
from services.gateway.store import LIVE, POINTER, SETS
from services.gateway.store import Views as StoredViews
from services.ops.audit.change import Change
from services.ops.audit.findings import Findings, document
from services.ops.audit.paging import PAGE, pages
from services.ops.audit.standing import Standing

RULE = "found as told"


class Views:
    """The live views of the gateway, compared part by part with what was folded from events."""

    def __init__(self, db: Any, standing: Standing, findings: Findings) -> None:
        self._db, self._standing, self._findings = db, standing, findings
        self._name: str | None = None

    async def compare(self, folded: Mapping[str, Change]) -> None:
        """Compare the numbers of some partitions."""
        taken = [change for change in folded.values() if self._has_taken(change)]
        for page in pages(taken):
            if (views := await self._same()) is None:
                return
            entries = await self._find(views.catalogue, [change.number for change in page])
            for change in page:
                self._judge(change, entries.get(change.number), views.catalogue)
        for versions in pages(_versions(taken)):
            if (views := await self._same()) is None:
                return
            told = await self._find(views.history, [change_id(change.number, version) for change, version in versions])
            for change, version in versions:
                self._judge_past(change, version, told, views.history)

    def _has_taken(self, change: Change) -> bool:
        place = change.place
        taken = self._standing.next("gateway", Lot(place.topic, place.partition))
        return 0 <= place.offset < taken  # what is in a fence, and not on the topic yet, has no offset

    async def _same(self) -> StoredViews | None:
        """Give the live views, None once others have taken their place."""
        found = await self._find(POINTER, [LIVE])
        name = found[LIVE]["name"] if found else "a"
        self._name = name if self._name is None else self._name
        return SETS[name] if self._name == name else None

    async def _find(self, collection: str, ids: list[str]) -> dict[str, Any]:
        cursor = self._db[f"gateway.{collection}"].find({"_id": {"$in": ids}}, batch_size=PAGE + 1)
        return {each["_id"]: each for each in await cursor.to_list(None)}

    def _judge(self, change: Change, entry: Mapping[str, Any] | None, collection: str) -> None:
        if entry is not None and entry["version"] > change.version:
            return  # told after what was read
        wrong = "is not there" if entry is None else _differences(dict(entry), from_json(change.value)["data"])
        self._found(change, wrong, collection, change.number)

    def _judge_past(self, change: Change, version: int, told: Mapping[str, Any], collection: str) -> None:
        id = change_id(change.number, version)
        if id not in told:
            self._found(change, f"version {version} is not in the history", collection, id)
        elif version == change.version and told[id]["event"] != change.id:
            self._found(change, "is another event in the history", collection, id)

    def _found(self, change: Change, wrong: str, collection: str, id: str) -> None:
        if wrong:
            evidence = document(f"gateway.{collection}", id)
            self._findings.add(RULE, change.number, f"version {change.version}: {wrong}", change.place, evidence)


def _versions(changes: Iterable[Change]) -> Iterator[tuple[Change, int]]:
    return ((change, version) for change in changes for version in range(1, change.version + 1))


def _differences(entry: dict[str, Any], told: Mapping[str, Any]) -> str:
    try:
        found, terms = shown(entry), terms_of(entry)
    except (KeyError, TypeError, ValueError) as error:
        return f"cannot be read: {error!r}"
    names = [name for name, value in told.items() if name in found and found[name] != value]
    if not names and entry.get("terms") != terms:
        return f"is found by {entry.get('terms')}, and should be by {terms}"
    return "; ".join(f"{name} is {found[name]!r}, and {told[name]!r} in the event" for name in names)
