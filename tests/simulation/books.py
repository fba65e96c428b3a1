"""The audit of `numberbank audit`, over the doubles instead of Kafka and MongoDB."""

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Any

from contracts.topics import SERVICES, TOPICS
from services.chassis.fence import FENCES, Fence, name_of
from services.chassis.records import Lot, Record
from services.ops.audit.examine import judge
from services.ops.audit.findings import Finding, Findings
from services.ops.audit.outbox import Outbox
from services.ops.audit.standing import Standing
from tests.simulation.world import World


class MemoryLog:
    """The topics, as the audit reads them."""

    def __init__(self, logs: Mapping[Lot, list[Record]], counts: Mapping[str, int]) -> None:
        self._logs, self.counts = logs, dict(counts)
        self.limits = {lot: (0, len(log)) for lot, log in logs.items()}

    def whole(self, lot: Lot) -> bool:
        """Nothing is ever deleted here."""
        return True

    async def newer(self, lots: Iterable[Lot]) -> dict[Lot, tuple[int, int]]:
        """Nothing is written any more."""
        return {}

    async def read(self, lot: Lot, limits: tuple[int, int] | None = None) -> AsyncIterator[Sequence[Record]]:
        """Give the records of a partition."""
        if self._logs[lot]:
            yield self._logs[lot]


class MemoryCollection:
    """A collection, as the audit asks MongoDB."""

    def __init__(self, documents: Mapping[Any, Mapping[str, Any]]) -> None:
        self._documents = documents

    def find(self, query: Mapping[str, Any], *_: object, **__: object) -> "MemoryCursor":
        """Give all documents, or those with these `_id`s."""
        wanted = query["_id"]["$in"] if query else list(self._documents)
        return MemoryCursor([dict(self._documents[id]) for id in wanted if id in self._documents])


class MemoryCursor:
    """What was found."""

    def __init__(self, found: list[dict[str, Any]]) -> None:
        self._found = found

    async def to_list(self, _: object) -> list[dict[str, Any]]:
        return self._found

    async def __aiter__(self) -> AsyncIterator[dict[str, Any]]:
        for document in self._found:
            yield document


def fences_of(world: World) -> Iterable[tuple[str, Lot, Fence]]:
    """Give the fence of every lane, with service and partition."""
    for service in SERVICES:
        for topic in TOPICS:
            for partition in range(world.cluster.counts[topic.name]):
                lot = Lot(topic.name, partition)
                found = world.database.collections[f"{service}.{FENCES}"].get(name_of(service, lot))
                if found is not None:
                    yield service, lot, Fence.from_document(found)


async def examine(world: World) -> Findings:
    """Audit what came of a run; what is found goes to the world."""

    def tell(finding: Finding) -> None:
        world.found(f"audit: {finding.rule}", finding.subject, f"{finding.message} {list(finding.evidence)}")

    findings, standing, outbox = Findings(tell), Standing(), Outbox()
    for service, lot, fence in fences_of(world):
        standing.note(fence)
        note = world.cluster.notes.get((service, lot))
        outbox.add(service, fence, note[1] if note else None)
    db = defaultdict(lambda: MemoryCollection({}))
    db.update({name: MemoryCollection(documents) for name, documents in world.database.collections.items()})
    log = MemoryLog(world.cluster.logs, world.cluster.counts)
    await judge(db, log, standing, outbox, findings)  # type: ignore[arg-type]
    return findings
