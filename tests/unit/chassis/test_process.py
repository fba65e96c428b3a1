"""What runs beside the lanes, and ends by itself: then the process ends too, for nobody would hear of it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest

from services.chassis.errors import Refusal
from services.chassis.process import _served
from services.chassis.service import Edge


class Road:
    """A road that runs until it is asked to stop."""

    def __init__(self, *edges: Edge) -> None:
        self.stopped = False
        closing = SimpleNamespace(close=lambda: None)
        service = SimpleNamespace(name="gateway", edges=edges)
        self.parts = SimpleNamespace(service=service, store=closing, tracing=closing)

    async def run(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self.stopped = True


def beside(work: Callable[[], Coroutine[Any, Any, None]]) -> Edge:
    """Give an edge that has one task."""

    @asynccontextmanager
    async def edge(parts: Any) -> AsyncIterator[Sequence["asyncio.Task[None]"]]:
        task = asyncio.create_task(work(), name="the counter")
        try:
            yield (task,)
        finally:
            task.cancel()

    return edge


async def fails() -> None:
    raise OSError("+6531580001")


async def ends() -> None:
    return


async def leaves() -> None:
    raise asyncio.CancelledError


async def lasts() -> None:
    await asyncio.Event().wait()


@pytest.mark.parametrize(
    ("work", "why"), [(fails, "OSError"), (ends, "nobody has asked it to"), (leaves, "nobody has asked it to")]
)
async def test_a_task_of_an_edge_that_ends_by_itself_ends_the_process(
    work: Any, why: str, caplog: pytest.LogCaptureFixture
) -> None:
    road = Road(beside(lasts), beside(work))
    async with asyncio.timeout(30):
        with pytest.raises(Refusal, match=f"^the counter has ended by itself: {why};"):
            await _served([road], asyncio.Event())  # type: ignore[list-item]
    assert road.stopped
    [line] = caplog.records
    assert (line.levelname, line.edge) == ("ERROR", "the counter")  # type: ignore[attr-defined]
    assert bool(line.exc_info) == (work is fails)


async def test_a_process_that_is_asked_to_stop_ends_well(caplog: pytest.LogCaptureFixture) -> None:
    road, asked = Road(beside(lasts)), asyncio.Event()
    asked.set()
    async with asyncio.timeout(30):
        await _served([road], asked)  # type: ignore[list-item]
    assert road.stopped
    assert not caplog.records
