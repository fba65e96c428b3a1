"""What a lane is handed: from the right record on, each once, and no more than it can hold."""

from collections.abc import Callable, Sequence

from services.chassis.batch import Item
from services.chassis.inbox import Inbox
from services.chassis.ports import Broker
from services.chassis.records import Last, Lot, Record


class Intake:
    """Between broker and lane. Closed, it drops what it is handed: all of it will come again."""

    def __init__(
        self,
        lot: Lot,
        broker: Broker,
        read: Callable[[Record], Item],
        made_anew: Callable[[Last], None],
        *,
        gaps: bool = False,
    ) -> None:
        self.opened = False
        self._gaps = gaps  # whether the topic is compacted, so that gaps are nothing to doubt
        self._lot, self._broker, self._made_anew = lot, broker, made_anew
        self._inbox = Inbox(read)
        self._expect = 0  # offset of the next record to be handed
        self._proof: Last | None = None
        self._doubted = -1  # offset where a gap was seen
        self._paused = False
        self._idle_at = -1

    def open(self, start: int, proof: Last | None) -> None:
        """Take records from `start` on; the one at `proof`, if it still exists, must be the very same."""
        self._expect, self._proof, self._idle_at = start, proof, -1
        self._doubted, self._paused = -1, False
        self._inbox.clear()
        self.opened = True
        self._broker.seek(self._lot, start)
        self._broker.resume(self._lot)

    def close(self) -> None:
        """Take nothing more, forget what waits, and end a wait."""
        self.opened = False
        self._inbox.clear()
        self._inbox.wake()
        self._broker.pause(self._lot)

    def hand(self, records: Sequence[Record]) -> None:
        """Queue records in order, without those that were handed before."""
        if not self.opened or not (records := _from(records, self._expect)):
            return
        if records[0].offset > self._expect and self._doubted != self._expect and not self._gaps:
            # Records between may have been lost on their way here: a gap is believed when it is there again.
            self._doubted = self._expect
            self._broker.seek(self._lot, self._expect)
            return
        proof, self._proof = self._proof, None
        if proof is not None and records[0].offset == proof.offset:
            if records[0].timestamp != proof.timestamp:
                self.close()
                self._made_anew(proof)
                return
            records = records[1:]
            self._expect = proof.offset + 1
        if records:
            self._expect = records[-1].offset + 1
            self._inbox.put(records)
        if self._inbox.full and not self._paused:
            self._paused = True
            self._broker.pause(self._lot)

    def take(self) -> list[Item]:
        """Take the next batch, empty if none is ready."""
        batch = self._inbox.take()
        if self._paused and self._inbox.low and self.opened:
            self._paused = False
            self._broker.resume(self._lot)
        return batch

    async def wait(self, seconds: float) -> None:
        """Wait for records or `wake`, at most so long."""
        await self._inbox.wait(seconds)

    def wake(self) -> None:
        """End a wait although nothing has come."""
        self._inbox.wake()

    async def past(self) -> int:
        """Give the offset up to which there is nothing left to take, marks of transactional writers included.

        A mark counts only when two looks in a row find the same: records may be on their way from the broker.
        """
        position = await self._broker.position(self._lot)
        proven = self._proof is None or position > self._proof.offset
        settled = position == self._idle_at and position > self._expect and proven
        self._idle_at = position
        if not settled or not self.opened or self._inbox:
            return 0
        if self._doubted != self._expect:
            self._doubted, self._idle_at = self._expect, -1
            self._broker.seek(self._lot, self._expect)
            return 0
        self._expect, self._proof = position, None
        return position

    @property
    def expects(self) -> int:
        """The offset of the next record to be handed."""
        return self._expect


def _from(records: Sequence[Record], offset: int) -> Sequence[Record]:
    if records and records[0].offset >= offset:
        return records
    return [record for record in records if record.offset >= offset]
