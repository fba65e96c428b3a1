"""Reading one's own writes: the views know an event once their fence has passed it."""

import asyncio
from typing import Protocol

from contracts.topics import INVENTORY_EVENTS
from services.chassis.records import Lot
from services.chassis.retry import Delays


class Progress(Protocol):
    """What a store tells of its lanes."""

    async def progress(self, lot: Lot) -> int:
        """Give the offset that the lane of a lot takes next."""


async def reached(store: Progress, partition: int, offset: int, seconds: float) -> bool:
    """Wait until searches know the event of inventory at `offset`; False if they do not in time."""
    delays = Delays(first=0.005, longest=0.1)
    try:
        async with asyncio.timeout(seconds):
            while await store.progress(Lot(INVENTORY_EVENTS.name, partition)) <= offset:
                await delays.wait()
    except TimeoutError:
        return False
    return True
