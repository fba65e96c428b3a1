"""Growing delays between attempts."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

from services.chassis.errors import Conflict

T = TypeVar("T")


class Delays:
    """Waits longer each time, up to a bound, and never quite as long as its neighbours."""

    def __init__(self, first: float = 0.02, longest: float = 5.0) -> None:
        self._next, self._longest = first, longest

    async def wait(self) -> None:
        """Wait before the next attempt."""
        await asyncio.sleep(self._next * random.uniform(0.5, 1.0))
        self._next = min(self._next * 2, self._longest)


async def among_others(attempt: Callable[[], Awaitable[T]], tries: int) -> T:
    """Attempt again while others write the same documents. `tries`: how often at most, the first one included.

    Raises `Conflict` when the last attempt has met one too, and what else `attempt` raises.
    """
    delays, tried = Delays(), 0
    while True:
        try:
            return await attempt()
        except Conflict:
            tried += 1
            if tried >= tries:
                raise
            await delays.wait()
