"""Topics and their logs."""

import asyncio
from collections.abc import Callable, Collection

from services.chassis.errors import Refusal
from services.chassis.memory.group import Group
from services.chassis.memory.wire import Now
from services.chassis.partitions import home
from services.chassis.records import Headers, Lot, Outgoing, Record

LARGEST_RECORD = 4 << 20  # bytes, as of our topics


class MemoryCluster:
    """Topics, their logs, and the groups that read them. `session`: seconds until a silent member is expelled."""

    def __init__(
        self,
        topics: Collection[str],
        partitions: int = 8,
        now: Now = lambda: 0,
        session: float | None = None,
        appended: Callable[[Record], None] = lambda record: None,
    ) -> None:
        self.logs: dict[Lot, list[Record]] = {Lot(name, n): [] for name in topics for n in range(partitions)}
        self.counts = dict.fromkeys(topics, partitions)
        self.notes: dict[tuple[str, Lot], tuple[int, int]] = {}
        self.groups: dict[str, Group] = {}
        self.now, self.session = now, session
        self.written = asyncio.Event()
        self._appended = appended

    def group(self, name: str) -> Group:
        """Give a consumer group, made at first sight."""
        if name not in self.groups:
            self.groups[name] = Group(list(self.logs), self.session)
        return self.groups[name]

    def write(
        self, topic: str, key: str | None, value: bytes | None, headers: Headers = (), partition: int | None = None
    ) -> Record:
        """Append as any client would; without a partition by the key, or 0 without a key."""
        if partition is None:
            partition = home(key, self.counts[topic]) if key is not None else 0
        return self.append(Outgoing(topic, partition, key.encode() if key is not None else None, value, headers))

    def append(self, record: Outgoing) -> Record:
        """Append to a log. Raises `Refusal` for a topic or partition that is not there, or a record too large."""
        log = self.logs.get(Lot(record.topic, record.partition))
        if record.size > LARGEST_RECORD:
            raise Refusal(f"A record of {record.size} bytes is more than topic {record.topic} takes.")
        if log is None:
            raise Refusal(f"Topic {record.topic} has no partition {record.partition}.")
        written = Record(
            record.topic, record.partition, len(log), self.now(), record.key, record.value, record.headers or ()
        )
        log.append(written)
        self._appended(written)
        self.wake()
        return written

    def wake(self) -> None:
        """Let readers look for records."""
        self.written.set()
        self.written.clear()
