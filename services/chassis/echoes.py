"""What a service hears of itself: records that it wrote since its documents were made, and so knows already.

After a loss of the documents all fences are made anew, with batches above all that came before: what an earlier life
has said is no echo, and is read.
"""

from collections.abc import Awaitable, Callable

from services.chassis.fence import Fence
from services.chassis.fence import Sequence as Seq
from services.chassis.records import Lot

MOST_WRITERS = 4096  # strangers may invent any number of them


class Echoes:
    """Knows with which batch each lane of one service was born; the records of one it has just met are read."""

    def __init__(self, service: str) -> None:
        self._prefix = f"{service}/"
        self._births: dict[str, int | None] = {}
        self._met: set[str] = set()

    def include(self, writer: str, seq: Seq) -> bool:
        """Tell whether a record of this origin is an echo."""
        if writer not in self._births:
            if writer.startswith(self._prefix) and len(self._births) < MOST_WRITERS:
                self._met.add(writer)
            return False
        born = self._births[writer]
        return born is not None and seq[0] >= born

    async def learn(self, fence_of: Callable[[Lot], Awaitable[Fence | None]]) -> None:
        """Look up the lanes that were met since the last time."""
        while self._met:
            writer = self._met.pop()
            _, topic, partition = writer.split("/")
            fence = await fence_of(Lot(topic, int(partition)))
            self._births[writer] = fence.born if fence is not None else None
