"""What the road needs of a broker and of a store.

`kafka` and `mongo` are the real ones, `memory` has the doubles; all pass the same suite.
"""

from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from services.chassis.fence import Fence
from services.chassis.records import Lot, Outgoing, Record

if TYPE_CHECKING:
    from services.chassis.service import Service

Document = dict[str, Any]
Found = TypeVar("Found")


class Reader(Protocol):
    """Reads documents. Collections are named without the service, which is added."""

    async def get(self, collection: str, ids: Collection[Any]) -> dict[Any, Document]:
        """Give the documents with these `_id`s that there are, by `_id`."""

    async def find(
        self,
        collection: str,
        equals: Mapping[str, Any],
        *,
        upto: tuple[str, Any] | None = None,
        limit: int = 0,
    ) -> list[Document]:
        """Give the documents that equal, and whose field `upto[0]` is at most `upto[1]`, in its order.

        A frozenset among `equals` stands for any of its members.
        """


class Viewer(Protocol):
    """Reads views with all that MongoDB knows of questions; there is no double of it. Raises `StoreTrouble`."""

    async def get(self, collection: str, ids: Collection[Any]) -> dict[Any, Document]:
        """Give the documents with these `_id`s that there are, by `_id`."""

    async def select(
        self,
        collection: str,
        wanted: Mapping[str, Any],
        order: Sequence[tuple[str, int]],
        limit: int,
        seconds: float,
        *,
        at_once: bool = False,
        index: Sequence[str] = (),
    ) -> list[Document] | None:
        """Give the first documents, in this order, that fit a filter in MongoDB's words; None if it takes longer.

        `at_once`: as all were at one moment; else what moves while it is read may be missed or come twice.
        `index`: only their `_id`s, as an index of these fields has them; no document is read.
        """

    async def gather(
        self, collection: str, pipeline: Sequence[Mapping[str, Any]], seconds: float
    ) -> list[Document] | None:
        """Give what a pipeline of MongoDB comes to, None if it takes longer."""

    async def in_turn(self, reading: Callable[["Viewer"], Coroutine[Any, Any, Found]]) -> Found:
        """Let somebody read, all in one turn, where those who read take turns."""


class Transaction(Reader, Protocol):
    """Reads and writes that happen together or not at all. Raises `StoreTrouble`."""

    async def put(self, collection: str, documents: Sequence[Document], *, new: bool = False) -> None:
        """Insert whole documents, or replace those with the same `_id`; `new`: there are none, which is cheaper."""

    async def update(self, collection: str, changes: Mapping[Any, Document]) -> None:
        """Set the given fields of documents that there are, by `_id`; indexes of other fields are not touched."""

    async def remove(self, collection: str, ids: Collection[Any]) -> None:
        """Delete the documents with these `_id`s that there are."""

    async def advance(self, before: Fence, after: Fence) -> None:
        """Write the fence, if it still is `before`. Raises `FenceMissed`."""


class Store(Reader, Protocol):
    """A database, as one service sees it."""

    def transaction(self) -> AbstractAsyncContextManager[Transaction]:
        """Open a transaction; leaving commits it, an exception aborts it. Raises `StoreTrouble`."""

    async def take_over(self, lot: Lot, beginning: int) -> Fence:
        """Give the fence of a lot under a new epoch, made at `beginning` where there is none."""

    async def fence(self, lot: Lot) -> Fence | None:
        """Give the fence as the majority knows it."""

    async def progress(self, lot: Lot) -> int:
        """Give the offset that the lane of a lot takes next, -1 where there is no fence yet."""

    async def keep_partitions(self, topic: str, partitions: int) -> int:
        """Note the number of partitions at first sight, and give the one that was noted."""

    async def empty(self, service: "Service", names: Collection[str]) -> None:
        """Drop collections with all that is in them, and make them anew with their indexes."""

    def close(self) -> None:
        """Close all connections."""


class Owner(Protocol):
    """Who is told by a broker what it owns; the road."""

    async def assigned(self, lots: Collection[Lot]) -> None:
        """Begin to own these, quickly: the member's heartbeats may wait for it."""

    async def revoked(self, lots: Collection[Lot]) -> None:
        """Own these no longer."""

    def handed(self, lot: Lot, records: Sequence[Record]) -> None:
        """Take records in order of offsets."""


class Broker(Protocol):
    """A member of the service's consumer group, and a producer."""

    async def start(self, topics: Collection[str], owner: Owner) -> None:
        """Join the group for these topics. Raises `Refusal`."""

    async def stop(self) -> None:
        """Leave the group; everything published has arrived."""

    def partitions(self, topic: str) -> int:
        """Give the number of partitions of a topic. Raises `Refusal` without that topic."""

    async def bounds(self, lots: Collection[Lot]) -> dict[Lot, tuple[int, int]]:
        """Give the first offset that is kept and the next one to be written."""

    async def noted(self, lot: Lot) -> int | None:
        """Give the batch that was noted last as published, None without one."""

    async def note(self, done: Mapping[Lot, tuple[int, int]]) -> bool:
        """Commit the group's offsets: next offset and batch published. Tell whether it worked; the fence knows."""

    async def position(self, lot: Lot) -> int:
        """Give the offset after what was handed over, control records included."""

    def seek(self, lot: Lot, offset: int) -> None:
        """Hand over from `offset` on."""

    def pause(self, lot: Lot) -> None:
        """Hand over nothing until `resume`."""

    def resume(self, lot: Lot) -> None:
        """Hand over again."""

    async def publish(self, records: Sequence[Outgoing], writer: str, batch: int) -> None:
        """Write records with the headers of `writer` and `batch`, in order, and wait until all are safe.

        Raises `Refusal` when the broker refuses one for good.
        """
