"""Streams without servers: places, room, and readers that are slow or leave."""

import asyncio
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive

from services.gateway.domain import read_place, written_place
from services.gateway.http import streaming
from services.gateway.http.figures import Figures
from services.gateway.http.problems import Problem
from services.gateway.http.streaming import Parts, Slots, SlowReader, started


def test_a_place_is_read_as_it_was_written() -> None:
    for offsets in ([0], [1, 2, 3], [2**62] * 64):
        assert read_place(written_place(offsets)) == offsets


NO_PLACES = ["", "x", "W10", "e30", "WzEuNV0", "Wy0xXQ", "W3RydWVd", "\u0661", "WzFd" * 40_000, "W" * 99]


@pytest.mark.parametrize("text", NO_PLACES)
def test_what_is_no_place_is_told_from_one(text: str) -> None:
    assert read_place(text) in (None, [])


class Endless:
    """Parts without end, and whether they have ended all the same."""

    def __init__(self) -> None:
        self.given, self.ended = 0, False

    async def parts(self) -> Parts:
        try:
            while True:
                self.given += 1
                yield b"x" * 1000
        finally:
            self.ended = True


async def never() -> dict[str, Any]:
    await asyncio.Event().wait()
    raise AssertionError


async def leaves() -> dict[str, Any]:
    await asyncio.sleep(0.05)
    return {"type": "http.disconnect"}


def asked(receive: Receive = never) -> Request:
    return Request({"type": "http", "method": "GET", "headers": []}, receive)


async def test_who_leaves_before_there_is_anything_to_read_ends_what_is_made_for_them() -> None:
    ended = asyncio.Event()

    async def parts() -> Parts:
        try:
            await asyncio.Event().wait()
            yield b""
        finally:
            ended.set()

    with pytest.raises(ClientDisconnect):
        await started(asked(leaves), parts(), "text/plain")
    assert ended.is_set()


async def test_a_reader_that_is_too_slow_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "SLOW", 0.05)
    endless, taken = Endless(), 0

    async def send(message: dict[str, Any]) -> None:
        nonlocal taken
        taken += 1
        if taken > 3:
            await asyncio.Event().wait()

    with pytest.raises(SlowReader):
        await (await started(asked(), endless.parts(), "text/plain"))({"type": "http"}, never, send)
    assert (endless.given, endless.ended) == (3, True), "nothing is made that nobody takes"


async def test_a_stream_ends_when_its_reader_leaves() -> None:
    endless = Endless()

    async def send(message: dict[str, Any]) -> None:
        await asyncio.sleep(0)

    await (await started(asked(), endless.parts(), "text/plain"))({"type": "http"}, leaves, send)
    assert endless.ended


async def test_there_is_room_for_so_many_and_it_is_given_back() -> None:
    figures = Figures(CollectorRegistry())
    slots = Slots(2, 1, "exports", figures.streams)

    async def parts(token: str) -> Parts:
        with slots.taken(token):
            yield b"1"

    first = await started(asked(), parts("a"), "text/plain")
    with pytest.raises(Problem) as refused:
        await started(asked(), parts("a"), "text/plain")
    assert (refused.value.kind.status, refused.value.headers) == (429, {"Retry-After": "10"})
    second = await started(asked(), parts("b"), "text/plain")
    with pytest.raises(Problem) as refused:
        await started(asked(), parts("c"), "text/plain")
    assert (refused.value.kind.status, refused.value.headers) == (503, {"Retry-After": "10"})
    for each in (first, second):
        await each({"type": "http"}, never, lambda message: asyncio.sleep(0))
    await started(asked(), parts("a"), "text/plain")
