"""What was handed to a lane and waits for its batch: read ahead, and bounded by count and bytes.

Records are read while the lane waits for the database or the broker, some at a time, so that its next batch is ready
when it comes back, and other lanes get their turns in between.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence

from services.chassis.batch import Item
from services.chassis.records import Record
from services.chassis.work import BREATH

MOST_RECORDS = 1_000  # of a batch
MOST_BYTES = 4 * 1024 * 1024  # of a batch, coming in or going out
FULL = 3 * MOST_RECORDS  # records, when the broker is asked to pause
LOW = MOST_RECORDS  # records, when it may go on


class Inbox:
    """A queue that never drops, and says when it is full."""

    def __init__(self, read: Callable[[Record], Item]) -> None:
        self._read = read
        self._records: deque[Record] = deque()  # not read yet
        self._items: deque[Item] = deque()
        self._bytes = 0
        self._filled = asyncio.Event()
        self._reading = False  # whether its turn to read will come
        self._defect: Exception | None = None

    def __len__(self) -> int:
        """Count the records that wait."""
        return len(self._records) + len(self._items)

    @property
    def full(self) -> bool:
        """Whether nothing more should be handed over for now."""
        return len(self) >= FULL or self._bytes >= 2 * MOST_BYTES

    @property
    def low(self) -> bool:
        """Whether more may be handed over again."""
        return len(self) <= LOW and self._bytes <= MOST_BYTES

    def put(self, records: Sequence[Record]) -> None:
        """Queue records in order."""
        self._records.extend(records)
        self._bytes += sum(record.size for record in records)
        self._read_on()

    def take(self) -> list[Item]:
        """Take the next batch: at least one record if there is one, unless more is about to be read."""
        if self._defect is not None:
            raise self._defect
        batch: list[Item] = []
        size = 0
        items = self._items if self._ready else ()
        while items and len(batch) < MOST_RECORDS:
            more = items[0].record.size
            if batch and size + more > MOST_BYTES:
                break
            size += more
            batch.append(items.popleft())
        self._bytes -= size
        self._read_on()
        return batch

    def clear(self) -> None:
        """Forget what waits; the lane will be handed it again."""
        self._records.clear()
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
            if not self._ready:
                self._filled.clear()

    @property
    def _ready(self) -> bool:
        """Whether there is a batch: a whole one, or all that has come."""
        return bool(self._items) and (not self._records or len(self._items) >= MOST_RECORDS)

    def _read_on(self) -> None:
        if self._records and not self._reading and len(self._items) < MOST_RECORDS:
            self._reading = True
            asyncio.get_running_loop().call_soon(self._read_some)

    def _read_some(self) -> None:
        self._reading = False
        records, items = self._records, self._items
        try:
            for _ in range(min(BREATH, len(records))):
                items.append(self._read(records.popleft()))
        except Exception as error:  # noqa: BLE001 - a defect: whoever takes the batch must hear of it
            self._defect = error
        if self._ready or self._defect:
            self._filled.set()
        else:
            self._read_on()
