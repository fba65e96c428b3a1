"""Whether something is still trying: the watchdog ends a process whose lanes have stopped."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from services.chassis.errors import StoreTrouble
from services.chassis.retry import Delays

log = logging.getLogger(__name__)
T = TypeVar("T")


class Pulse:
    """When a lane last showed that it is trying, and the two ways to try for ever."""

    def __init__(self, name: str) -> None:
        self._name = name
        self.show()

    def show(self) -> None:
        """Show that it is trying."""
        self.last = asyncio.get_running_loop().time()

    async def trying(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """Attempt until the database answers; the order is kept, nothing is skipped."""
        delays = Delays()
        while True:
            self.show()
            try:
                return await attempt()
            except StoreTrouble as trouble:
                log.warning("database away", extra={"lane": self._name, "trouble": str(trouble)})
                await delays.wait()

    async def patiently(self, action: Awaitable[T]) -> T:
        """Await something that itself tries for ever, and show meanwhile that this is so."""
        task = asyncio.ensure_future(action)
        try:
            while not (await asyncio.wait({task}, timeout=5))[0]:
                self.show()
            return task.result()
        finally:
            task.cancel()
