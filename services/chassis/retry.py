"""Growing delays between attempts."""

import asyncio
import random


class Delays:
    """Waits longer each time, up to a bound, and never quite as long as its neighbours."""

    def __init__(self, first: float = 0.02, longest: float = 5.0, most: int | None = None) -> None:
        """`most`: attempts in all that are worth it, None for as many as it takes."""
        self._next, self._longest, self._left = first, longest, most

    def over(self) -> bool:
        """Tell whether an attempt that has failed was the last one."""
        if self._left is not None:
            self._left -= 1
        return self._left == 0

    async def wait(self) -> None:
        """Wait before the next attempt."""
        await asyncio.sleep(self._next * random.uniform(0.5, 1.0))
        self._next = min(self._next * 2, self._longest)
