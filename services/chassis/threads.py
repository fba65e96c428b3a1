"""Work in another thread, never left alone: it may use what its caller gives back when it goes on."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


async def in_thread(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Give what work comes to in a thread; raises what it raises.

    A thread cannot be cancelled: who is cancelled meanwhile goes on when the work has ended, not before. Else a file
    would be closed, or a place given to the next, while somebody still uses it.
    """
    task = asyncio.create_task(asyncio.to_thread(work, *args, **kwargs))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        while not task.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait([task])
        raise
