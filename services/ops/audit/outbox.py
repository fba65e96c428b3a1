"""Rule: what a fence says was published is on its topic."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from services.chassis.fence import FENCES, Fence
from services.chassis.headers import published_headers
from services.chassis.records import Lot, Outgoing, Record
from services.ops.audit.findings import Findings, document
from services.ops.dead_letters import Place

Mark = tuple[bytes | None, bytes | None]  # nb-writer, nb-seq


class Awaited(NamedTuple):
    """A record in a fence. `published`: its service has told Kafka that it is; `after`: real time, milliseconds."""

    record: Record
    service: str
    lane: str
    published: bool
    after: int


class Outbox:
    """The last batch of each lane, record by record, until each is met on its topic."""

    def __init__(self) -> None:
        self._awaited: dict[Lot, dict[Mark, Awaited]] = {}

    def add(self, service: str, fence: Fence, noted: int | None) -> None:
        """Await what a fence holds; `noted`: the batch that Kafka was told is published."""
        published = noted is not None and noted >= fence.batch
        after = fence.last.timestamp if fence.last else 0
        for ordinal, out in enumerate(fence.out):
            record = _as_record(out, fence, ordinal, after)
            awaited = Awaited(record, service, fence.id, published, after)
            self._awaited.setdefault(Lot(out.topic, out.partition), {})[mark_of(record)] = awaited

    def of(self, lot: Lot) -> dict[Mark, Awaited]:
        """Give what is awaited on a partition, by the mark of each record; whoever meets one takes it out."""
        return self._awaited.get(lot, {})

    def left(self, lot: Lot, oldest: int | None, whole: bool, findings: Findings) -> list[Record]:
        """Judge what was not met on a partition, and give what is still to be published.

        `oldest`: Kafka's time of the first record that is held. What is older may have been deleted since.
        """
        unpublished: list[Record] = []
        for awaited in self._awaited.pop(lot, {}).values():
            if not awaited.published:
                findings.counts["unpublished"] += 1
                unpublished.append(awaited.record)
            elif whole or (oldest is not None and awaited.after > oldest):
                findings.add(
                    "published",
                    awaited.lane,
                    f"record {_seq(awaited)} of the fence is not on {lot.topic}/{lot.partition}, "
                    "though its batch is noted as published",
                    document(f"{awaited.service}.{FENCES}", awaited.lane),
                )
        return unpublished

    def unread(self) -> list[Lot]:
        """Give the partitions where something is awaited and that nobody has read."""
        return list(self._awaited)


def mark_of(record: Any) -> Mark:
    """Give writer and sequence of a record that the road has published: its last two headers."""
    headers = record.headers
    return (headers[-2][1], headers[-1][1]) if len(headers) >= 2 else (None, None)


class Repeats:
    """What lanes have written to one partition; a repeat of it, after a fault, is dropped by every reader."""

    def __init__(self) -> None:
        self._seen: dict[bytes, tuple[int, int]] = {}

    def is_repeat(self, record: Any) -> bool:
        """Note a record, and tell whether a lane has written it before."""
        headers = record.headers
        if len(headers) < 2 or headers[-1][0] != "nb-seq" or headers[-2][0] != "nb-writer":
            return False
        batch, _, ordinal = (headers[-1][1] or b"").partition(b".")
        if not (batch.isdigit() and ordinal.isdigit()):
            return False
        writer, seq = headers[-2][1], (int(batch), int(ordinal))
        if seq <= self._seen.get(writer, (-1, -1)):
            return True
        self._seen[writer] = seq
        return False


def dead_place(headers: Mapping[str, bytes | None]) -> Place | None:
    """Give where a dead letter was taken, None for a marker that closes one."""
    topic, partition, offset = (
        (headers.get(f"nb-{name}") or b"").decode(errors="replace") for name in ("topic", "partition", "offset")
    )
    if "nb-closes" in headers or not (partition.isdecimal() and offset.isdecimal()):
        return None
    return Place(topic, int(partition), int(offset))


def _as_record(out: Outgoing, fence: Fence, ordinal: int, at: int) -> Record:
    headers = published_headers(out, fence.id, fence.batch, ordinal)
    return Record(out.topic, out.partition, -1, at, out.key, out.value, headers)


def _seq(awaited: Awaited) -> str:
    return (mark_of(awaited.record)[1] or b"").decode()
