"""Work in a thread is waited for, whatever happens."""

import asyncio
import gc
import threading
from collections.abc import Callable
from typing import Any

import pytest

from services.chassis.threads import in_thread


class Slow:
    """Work that goes on until it may end. `ended`: whether it has."""

    def __init__(self, comes_to: Callable[[], object] = int) -> None:
        self.may_end, self.ended, self.comes_to = threading.Event(), False, comes_to

    def __call__(self) -> object:
        self.may_end.wait(10)
        self.ended = True
        return self.comes_to()


def fails() -> None:
    raise ValueError("seven")


async def test_work_gives_what_it_comes_to_and_raises_what_it_raises() -> None:
    assert await in_thread(int, "7") == 7
    with pytest.raises(ValueError, match="seven"):
        await in_thread(fails)
    with pytest.raises(RuntimeError, match="StopIteration"):
        await in_thread(next, iter(()))


@pytest.mark.parametrize("times", [1, 3])
@pytest.mark.parametrize("comes_to", [int, fails])
async def test_who_is_cancelled_goes_on_when_the_work_has_ended(times: int, comes_to: Callable[[], object]) -> None:
    complaints = list[dict[str, Any]]()
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    work = Slow(comes_to)
    task = asyncio.create_task(in_thread(work))
    for _ in range(times):
        await asyncio.sleep(0.01)
        task.cancel()
    await asyncio.sleep(0.01)
    assert not task.done()
    work.may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert work.ended
    del task
    gc.collect()
    assert not complaints


def test_a_loop_that_ends_waits_too() -> None:
    work, after = Slow(), list[bool]()

    async def using() -> None:
        try:
            await in_thread(work)
        finally:
            after.append(work.ended)

    async def main() -> None:
        task = asyncio.create_task(using())
        await asyncio.sleep(0.01)
        threading.Timer(0.05, work.may_end.set).start()
        assert not task.done()

    asyncio.run(main())
    assert after == [True]
