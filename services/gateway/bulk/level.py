"""Whether the views know all that inventory has said while no gateway was there."""

import asyncio
import logging

from contracts.topics import INVENTORY_EVENTS
from services.chassis.opening import ends_of
from services.chassis.parts import Parts
from services.chassis.records import Lot

log = logging.getLogger(__name__)

PATIENCE = 1.0  # seconds in which Kafka says how far its topic goes


class Level:
    """Tells whether the lanes, of whichever gateway, have read to the end that the topic had when this was asked first.

    When they have, the next question is a new one. Raises `StoreTrouble`.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._ends: dict[Lot, int] | None = None

    async def __call__(self) -> bool:
        """Look how far they are."""
        try:
            async with asyncio.timeout(PATIENCE):
                ends = self._ends or await ends_of(self._parts.broker, (INVENTORY_EVENTS,))
        except TimeoutError:
            return False
        reached = [await self._parts.store.progress(lot) >= end for lot, end in ends.items()]
        if self._ends is None and not all(reached):
            log.info("jobs that were left for long wait until the views are level")
        self._ends = None if all(reached) else ends
        return self._ends is None
