"""What lies between a process and its servers. This one is kind: nothing is late, nothing is lost."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, TypeVar

from services.chassis.records import Record

if TYPE_CHECKING:
    from services.chassis.memory.transaction import MemoryTransaction

T = TypeVar("T")


class Wire:
    """Carries requests and answers.

    One to the database may raise `StoreTrouble`, one to the broker `TimeoutError` for a note; else they wait.
    """

    async def there(self, what: str) -> None:
        """Carry a request to the server."""
        await asyncio.sleep(0)

    async def back(self, what: str) -> None:
        """Carry the answer back: what was asked for has been done."""

    async def commit(self, transaction: "MemoryTransaction") -> None:
        """Carry the wish to commit. Raises `StoreTrouble`, whatever has become of the transaction."""
        await self.there("commit")
        transaction.commit()

    async def fetch(self, records: Sequence[Record]) -> Sequence[Record]:
        """Carry records to a reader: all, or some in a row; what lies before them is lost on the way."""
        return records

    def shuffled(self, partitions: Iterable[T]) -> Iterable[T]:
        """Give the order in which several partitions are served."""
        return partitions


Now = Callable[[], int]  # real time of a server, Unix milliseconds
