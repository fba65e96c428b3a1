"""One member of a consumer group, over a `MemoryCluster`."""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from services.chassis.errors import Refusal
from services.chassis.headers import published_headers
from services.chassis.memory.cluster import MemoryCluster
from services.chassis.memory.wire import Wire
from services.chassis.ports import Owner
from services.chassis.records import Lot, Outgoing

MOST_FETCHED = 500  # records at once
BEATS = 3  # in a session


class MemoryBroker:
    """A reader in a group, and a producer."""

    def __init__(self, cluster: MemoryCluster, group: str, wire: Wire | None = None) -> None:
        self.cluster, self.group, self.wire = cluster, group, wire or Wire()
        self.topics: Collection[str] = ()
        self.recalled = asyncio.Event()
        self._group = cluster.group(group)
        self._generation = -1
        self._owner: Owner | None = None
        self._positions: dict[Lot, int] = {}
        self._paused: set[Lot] = set()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self, topics: Collection[str], owner: Owner) -> None:
        """Join the group for these topics."""
        self.topics, self._owner = topics, owner
        work = [self._attend(owner), self._hand_over(owner)]
        if self.cluster.session is not None:
            work.append(self._beat(self.cluster.session / BEATS))
        self._tasks = [asyncio.create_task(each) for each in work]

    async def stop(self) -> None:
        """Leave the group."""
        for task in self._tasks:
            task.cancel()
        await self.wire.there("leave")
        self._group.leave(self)

    async def _attend(self, owner: Owner) -> None:
        """Own what the group hands out, and give it up when the group recalls it."""
        while True:
            self.recalled.clear()
            lots = await self._group.join(self)
            self._generation = self._group.generation
            self._positions, self._paused = dict.fromkeys(lots, 0), set(lots)
            await owner.assigned(lots)
            await self.recalled.wait()
            await self.wire.there("heartbeat")
            await owner.revoked(list(self._positions))
            self._positions, self._paused = {}, set()

    async def _beat(self, every: float) -> None:
        while True:
            await asyncio.sleep(every)
            await self.wire.there("heartbeat")
            self._group.beat(self)

    async def _hand_over(self, owner: Owner) -> None:
        while True:
            waiting = [lot for lot in self._positions if self._fresh(lot)]
            for lot in self.wire.shuffled(waiting):
                position = self._positions.get(lot, 0)
                if not self._fresh(lot):
                    continue
                records = await self.wire.fetch(self.cluster.logs[lot][position : position + MOST_FETCHED])
                if records and self._positions.get(lot) == position and lot not in self._paused:
                    self._positions[lot] = records[-1].offset + 1
                    owner.handed(lot, records)
            await (asyncio.sleep(0) if waiting else self.cluster.written.wait())

    def _fresh(self, lot: Lot) -> bool:
        position = self._positions.get(lot)
        return position is not None and position < len(self.cluster.logs[lot]) and lot not in self._paused

    # -- asking

    def partitions(self, topic: str) -> int:
        """Give the number of partitions of a topic. Raises `Refusal` without that topic."""
        if topic not in self.cluster.counts:
            raise Refusal(f"Topic {topic} is missing; run `numberbank topics create`.")
        return self.cluster.counts[topic]

    async def bounds(self, lots: Collection[Lot]) -> dict[Lot, tuple[int, int]]:
        """Give the first offset that is kept and the next one to be written."""
        await self.wire.there("bounds")
        found = {lot: (0, len(self.cluster.logs[lot])) for lot in lots}
        await self.wire.back("bounds")
        return found

    async def noted(self, lot: Lot) -> int | None:
        """Give the batch that was noted last as published, None without one."""
        await self.wire.there("noted")
        note = self.cluster.notes.get((self.group, lot))
        await self.wire.back("noted")
        return note[1] if note else None

    async def note(self, done: Mapping[Lot, tuple[int, int]]) -> bool:
        """Commit offsets of lots that are ours; the group refuses who is no member of its generation."""
        try:
            await self.wire.there("note")
        except TimeoutError:
            return False
        if self not in self._group or self._generation != self._group.generation:
            return False
        self.cluster.notes.update({(self.group, lot): at for lot, at in done.items() if lot in self._positions})
        await self.wire.back("note")
        return True

    async def position(self, lot: Lot) -> int:
        """Give the offset after what was handed over."""
        return self._positions.get(lot, 0)

    # -- steering

    def seek(self, lot: Lot, offset: int) -> None:
        """Hand over from `offset` on."""
        if lot in self._positions:
            self._positions[lot] = offset
            self.cluster.wake()

    def pause(self, lot: Lot) -> None:
        """Hand over nothing until `resume`."""
        self._paused.add(lot)

    def resume(self, lot: Lot) -> None:
        """Hand over again."""
        self._paused.discard(lot)
        self.cluster.wake()

    # -- publishing

    async def publish(self, records: Sequence[Outgoing], writer: str, batch: int) -> None:
        """Write records with the headers of `writer` and `batch`, in order for each partition."""
        chunks: dict[Lot, list[Outgoing]] = defaultdict(list)
        for ordinal, record in enumerate(records):
            marked = record._replace(headers=published_headers(record, writer, batch, ordinal))
            chunks[Lot(record.topic, record.partition)].append(marked)
        for lot in self.wire.shuffled(list(chunks)):
            for record in chunks[lot]:
                await self.wire.there("publish")
                self.cluster.append(record)
        await self.wire.back("publish")
