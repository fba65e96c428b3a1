"""Room for searches: a thread of MongoDB's driver carries each, and the lanes need some of those too."""

import asyncio
from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from typing import Any

from services.chassis.errors import StoreTrouble
from services.chassis.ports import Document, Found, Viewer
from services.gateway.http.problems import BUSY, Problem, retry_after

_AGAIN = 2.0  # seconds


class Narrow:
    """A viewer with which at most `most` search at once. Raises `Problem` for who has no turn within `wait` seconds."""

    def __init__(self, viewer: Viewer, most: int, wait: float) -> None:
        self._viewer, self._room, self._wait = viewer, asyncio.Semaphore(most), wait
        self._trouble: StoreTrouble | None = None  # of who searched last

    async def get(self, collection: str, ids: Collection[Any]) -> dict[Any, Document]:
        """Give the documents with these `_id`s: that is quick, and needs no turn."""
        return await self._viewer.get(collection, ids)

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
        """Give the first documents that fit, when it is its turn."""
        return await self.in_turn(
            lambda viewer: viewer.select(collection, wanted, order, limit, seconds, at_once=at_once, index=index)
        )

    async def gather(
        self, collection: str, pipeline: Sequence[Mapping[str, Any]], seconds: float
    ) -> list[Document] | None:
        """Give what a pipeline comes to, when it is its turn."""
        return await self.in_turn(lambda viewer: viewer.gather(collection, pipeline, seconds))

    async def in_turn(self, reading: Callable[[Viewer], Coroutine[Any, Any, Found]]) -> Found:
        """Let somebody read, all in one turn: what they are given does not wait again."""
        try:
            async with asyncio.timeout(self._wait):
                await self._room.acquire()
        except TimeoutError:
            if self._trouble is not None:  # who has a turn waits for the database
                raise StoreTrouble(f"{self._trouble}") from None
            detail = "Too many searches go on; try again later, or name an owner, a state, or the number's beginning."
            raise Problem(BUSY, detail, headers=retry_after(_AGAIN)) from None
        searching = asyncio.create_task(reading(self._viewer))
        searching.add_done_callback(self._ended)
        return await asyncio.shield(searching)  # whoever leaves gives no thread back before the search has ended

    def _ended(self, searching: "asyncio.Task[Any]") -> None:
        self._room.release()
        error = None if searching.cancelled() else searching.exception()  # whoever has left hears of none
        self._trouble = error if isinstance(error, StoreTrouble) else None
