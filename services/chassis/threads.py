"""Work in another thread that is waited for whatever happens: it may be using a file that its caller would close."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from contextvars import copy_context
from functools import partial
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


async def in_thread(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Give what work comes to in a thread; raises what it raises, but `RuntimeError` for `StopIteration`.

    A thread cannot be cancelled: who is cancelled meanwhile goes on when the work has ended, not before.
    """
    # The executor's own future: it is no task, so a loop that ends and cancels all tasks leaves it alone.
    future = asyncio.get_running_loop().run_in_executor(
        None, copy_context().run, _carried_out, partial(work, *args, **kwargs)
    )
    try:
        return await asyncio.shield(future)
    except asyncio.CancelledError:
        while not future.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait([future])
        if not future.cancelled():
            future.exception()  # nobody else asks for it
        raise


def _carried_out(work: Callable[[], T]) -> T:
    try:
        return work()
    except StopIteration as error:  # which no future can hold: who waits would wait for ever
        raise RuntimeError("What is done in a thread has raised StopIteration.") from error
