"""Growing delays between attempts."""

import asyncio
import random


class Delays:
    """Waits longer each time, up to a bound, and never quite as long as its neighbours."""

    def __init__(self, first: float = 0.02, longest: float = 5.0) -> None:
        self._next, self._longest = first, longest

    async def wait(self) -> None:
        """Wait before the next attempt."""
        await asyncio.sleep(self._next * random.uniform(0.5, 1.0))
        self._next = min(self._next * 2, self._longest)
