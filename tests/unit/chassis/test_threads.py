"""Work in a thread is never left alone."""

import asyncio
import threading

import pytest

from services.chassis.threads import in_thread


async def test_work_gives_what_it_comes_to_and_raises_what_it_raises() -> None:
    assert await in_thread(int, "7") == 7
    with pytest.raises(ValueError, match="seven"):
        await in_thread(int, "seven")


@pytest.mark.parametrize("times", [1, 3])
@pytest.mark.parametrize("work", [lambda: None, lambda: int("seven")])
async def test_who_is_cancelled_goes_on_when_the_work_has_ended(times: int, work: object) -> None:
    may_end, ended = threading.Event(), threading.Event()

    def slow() -> None:
        may_end.wait(10)
        ended.set()
        work()  # type: ignore[operator]

    task = asyncio.create_task(in_thread(slow))
    for _ in range(times):
        await asyncio.sleep(0.01)
        task.cancel()
    await asyncio.sleep(0.01)
    assert not task.done()
    may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended.is_set()
