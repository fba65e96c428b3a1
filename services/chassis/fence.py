"""The fence of a lane: how far it is, under which owner, and what it still has to publish.

It is written in the transaction of every batch, so it is the outbox too: one document of at most
16 MB, hence the limits of a batch.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from services.chassis.clock import real_milliseconds
from services.chassis.records import Last, Lot, Outgoing

Sequence = tuple[int, int]  # batch, ordinal
FENCES = "fences"
REBUILD = "rebuild"  # fences of whoever makes the documents anew


def name_of(service: str, lot: Lot) -> str:
    """Name a lane: also `nb-writer` of what it writes. Example: `inventory/inventory.commands/3`."""
    return f"{service}/{lot.topic}/{lot.partition}"


class Fence(NamedTuple):
    """One lane's document. `next`: offset of the next record to take; `seen`: highest of each writer.

    `born`: its first batch; what it published in an earlier one was said before its documents were made.
    """

    id: str
    epoch: int
    batch: int
    next: int
    last: Last | None = None
    out: tuple[Outgoing, ...] = ()
    seen: Mapping[str, Sequence] = {}
    born: int | None = None

    def advanced(self, to: int, last: Last | None, out: tuple[Outgoing, ...], seen: Mapping[str, Sequence]) -> "Fence":
        """Give the fence after one more batch."""
        return self._replace(batch=self.batch + 1, next=to, last=last, out=out, seen=seen)

    def document(self) -> dict[str, Any]:
        """Give it as it is stored, `_id` included."""
        return {
            "_id": self.id,
            "epoch": self.epoch,
            "batch": self.batch,
            "next": self.next,
            "last": list(self.last) if self.last else None,
            "out": [_stored(record) for record in self.out],
            "seen": [[writer, *seq] for writer, seq in self.seen.items()],
            "born": self.born,
        }

    @classmethod
    def from_document(cls, stored: Mapping[str, Any]) -> "Fence":
        """Read it as it was stored."""
        return cls(
            stored["_id"],
            stored["epoch"],
            stored["batch"],
            stored["next"],
            Last(*stored["last"]) if stored["last"] else None,
            tuple(_loaded(*record) for record in stored["out"]),
            {writer: (batch, ordinal) for writer, batch, ordinal in stored["seen"]},
            stored.get("born"),
        )


def first_fence(id: str, beginning: int) -> Fence:
    """Give the fence of a lane that has none.

    Its batches count on from the real time, never from zero: readers know the batches of an earlier life of the
    lane, whose documents were dropped, and would take lower ones for repeats.
    """
    now = real_milliseconds()
    return Fence(id, 0, now, beginning, born=now)


def _stored(record: Outgoing) -> list[Any]:
    topic, partition, key, value, headers = record
    return [topic, partition, key, value, None if headers is None else [list(header) for header in headers]]


def _loaded(topic: str, partition: int, key: bytes | None, value: bytes | None, headers: Any) -> Outgoing:
    pairs = None if headers is None else tuple((name, content) for name, content in headers)
    return Outgoing(topic, partition, key, value, pairs)
