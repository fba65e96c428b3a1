"""Reading side by side: what was asked is read no further than what was answered by then."""

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any


class Ahead:
    """The records of one partition, given to a rule as far as they are wanted."""

    def __init__(self, chunks: AsyncIterator[Sequence[Any]], take: Callable[[Any], None]) -> None:
        self._chunks, self._take = chunks, take
        self._reached = -1
        self._over = False

    async def upto(self, timestamp: int | None) -> None:
        """Give what Kafka has got at `timestamp` (Unix milliseconds) or before, and a little more; None: all."""
        while not self._over and (timestamp is None or self._reached <= timestamp):
            records = await anext(self._chunks, None)
            if records is None:
                self._over = True
                return
            for record in records:
                self._take(record)
            self._reached = max(self._reached, records[-1].timestamp)
