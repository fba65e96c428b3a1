"""What was handed to a lane and waits for its batch, bounded by count and bytes."""

import asyncio
from collections import deque
from collections.abc import Sequence

from services.chassis.batch import Item

MOST_RECORDS = 1_000  # of a batch
MOST_BYTES = 4 * 1024 * 1024  # of a batch, coming in or going out
FULL = 3 * MOST_RECORDS  # records, when the broker is asked to pause
LOW = MOST_RECORDS  # records, when it may go on


class Inbox:
    """A queue that never drops, and says when it is full."""

    def __init__(self, most: int = MOST_RECORDS) -> None:
        self._most = most  # records of a batch
        self._items: deque[Item] = deque()
        self._bytes = 0
        self._filled = asyncio.Event()

    def __len__(self) -> int:
        """Count the records that wait."""
        return len(self._items)

    @property
    def full(self) -> bool:
        """Whether nothing more should be handed over for now."""
        return len(self._items) >= FULL or self._bytes >= 2 * MOST_BYTES

    @property
    def low(self) -> bool:
        """Whether more may be handed over again."""
        return len(self._items) <= LOW and self._bytes <= MOST_BYTES

    def put(self, items: Sequence[Item]) -> None:
        """Queue records in order."""
        self._items.extend(items)
        self._bytes += sum(item.record.size for item in items)
        self._filled.set()

    def take(self) -> list[Item]:
        """Take the next batch: at least one record if there is one."""
        batch: list[Item] = []
        size = 0
        items = self._items
        while items and len(batch) < self._most:
            more = items[0].record.size
            if batch and size + more > MOST_BYTES:
                break
            size += more
            batch.append(items.popleft())
        self._bytes -= size
        return batch

    def clear(self) -> None:
        """Forget what waits; the lane will be handed it again."""
        self._items.clear()
        self._bytes = 0

    def wake(self) -> None:
        """End a wait although nothing has come."""
        self._filled.set()

    async def wait(self, seconds: float) -> None:
        """Wait for records, at most so long."""
        try:
            async with asyncio.timeout(seconds):
                await self._filled.wait()
        except TimeoutError:
            return
        finally:
            if not self._items:
                self._filled.clear()
