"""Searches in turn, requests with a key, and cursors that somebody has made up: without servers."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, cast

import orjson
import pytest
from starlette.requests import Request

from services.chassis.clock import SystemClock
from services.chassis.errors import Conflict, StoreTrouble
from services.chassis.ports import Viewer
from services.gateway.domain import OPERATOR, Place, Search, Token, WrongSearch, cursor_of, place_of
from services.gateway.http.commanding import Commands
from services.gateway.http.conditions import traceparent
from services.gateway.http.narrow import Narrow
from services.gateway.http.problems import Problem
from services.gateway.repeats import Command, Repeat


class Slow:
    """A viewer whose searches end when the test says so."""

    def __init__(self) -> None:
        self.ends, self.asked = asyncio.Event(), 0

    async def select(self, *_: Any, **__: Any) -> Any:
        self.asked += 1
        await self.ends.wait()
        return []


async def test_only_so_many_search_at_once_also_when_some_have_left() -> None:
    slow = Slow()
    narrow = Narrow(cast(Viewer, slow), 3, 0.01)
    several = [asyncio.create_task(narrow.select("history", {}, [], 1, 1.0)) for _ in range(3)]
    await asyncio.sleep(0)
    several[0].cancel()
    with pytest.raises(Problem) as refused:
        await narrow.select("history", {}, [], 1, 1.0)
    assert (refused.value.kind.code, refused.value.headers, slow.asked) == ("busy", {"Retry-After": "2"}, 3)
    slow.ends.set()
    assert await asyncio.gather(*several[1:], narrow.select("history", {}, [], 1, 1.0)) == [[], [], []]


async def test_who_has_no_turn_since_the_database_is_away_is_told_that() -> None:
    class Away(Slow):
        async def select(self, *_: Any, **__: Any) -> Any:
            self.asked += 1
            if self.asked == 1:
                raise StoreTrouble("nobody there")
            await self.ends.wait()
            return []

    away = Away()
    narrow = Narrow(cast(Viewer, away), 1, 0.01)
    with pytest.raises(StoreTrouble):
        await narrow.select("history", {}, [], 1, 1.0)
    waiting = asyncio.create_task(narrow.select("history", {}, [], 1, 1.0))
    await asyncio.sleep(0)
    with pytest.raises(StoreTrouble, match="nobody there"):
        await narrow.select("history", {}, [], 1, 1.0)
    away.ends.set()
    assert await waiting == []


class Losing:
    """Requests that are not kept, so and so many times, and a topic."""

    def __init__(self, conflicts: int) -> None:
        self.conflicts, self.sent = conflicts, list[str]()

    async def known(self, _: str) -> None:
        return None

    async def keep(self, *_: Any) -> bool:
        self.conflicts -= 1
        return self.conflicts < 0

    async def send(self, _: str, __: str, value: bytes) -> None:
        self.sent.append(value.decode())

    async def heard(self, *_: Any) -> dict[str, Any]:
        return {}


@pytest.mark.parametrize(("conflicts", "sent"), [(0, ["1"]), (2, ["3"]), (99, [])])
async def test_what_is_not_kept_under_its_key_is_not_sent(conflicts: int, sent: list[str]) -> None:
    losing, tries = cast(Any, Losing(conflicts)), 0

    async def prepare() -> Sequence[Command]:
        nonlocal tries
        tries += 1
        return [Command(f"{tries}", "+6531580001", f"{tries}".encode())]

    commands = Commands(losing, losing, losing, losing, SystemClock())
    if sent:
        await commands.ask(prepare, Repeat("id", "request"), 0)
    else:
        with pytest.raises(Conflict):
            await commands.ask(prepare, Repeat("id", "request"), 0)
    assert losing.sent == sent


TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
LATER = f"01{TRACE[2:]}-x"
NO_TRACES = [
    LATER + "x" * 99, "", "yesterday", TRACE.upper(),
    TRACE.replace("00-", "ff-", 1), TRACE[:3] + "0" * 32 + TRACE[35:],
    TRACE[:36] + "0" * 16 + TRACE[52:], TRACE + "-x", TRACE + "\n",
]  # fmt: skip


@pytest.mark.parametrize(
    ("header", "trace"),
    [(TRACE, TRACE), (LATER, LATER), *((each, None) for each in NO_TRACES)],
)
def test_a_command_belongs_to_the_trace_of_its_request(header: str, trace: str | None) -> None:
    request = Request({"type": "http", "headers": [(b"traceparent", header.encode())]})
    assert traceparent(request) == trace
    nobody, token = cast(Any, None), Token("0", "ann", None, (), ("manage",), datetime(2026, 3, 1, tzinfo=UTC))
    commands = Commands(nobody, nobody, nobody, nobody, SystemClock())
    written = commands.written(token, "number.release", "+6531580001", {"remark": "x"}, traceparent(request))
    assert orjson.loads(written.value).get("traceparent") == trace


MADE_UP = [Place("+6531580001", 2**60), Place("5"), Place("+65\u0665"), Place(""), Place("+6531580001 1")]


@pytest.mark.parametrize("place", MADE_UP, ids=repr)
def test_a_cursor_that_somebody_has_made_up_gets_the_sentence(place: Place) -> None:
    made = cursor_of(place, Search(), OPERATOR)
    with pytest.raises(WrongSearch, match="cursor: is damaged"):
        place_of(made, Search(), OPERATOR)
