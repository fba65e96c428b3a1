"""Programs that answer a change at once: they know of it before the catalogue here does."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.requests import Request

from contracts import inventory
from services.gateway.domain import Token
from services.gateway.http import actions
from services.gateway.http.actions import Actions, action_of
from services.gateway.http.commanding import Asked
from services.gateway.http.problems import Problem
from services.gateway.http.reading import JSON
from services.gateway.present import Present
from services.gateway.repeats import Command
from services.gateway.store import SETS

TOKEN = Token("0", "acme", "acme", (), ("manage",), datetime(2026, 3, 1, tzinfo=UTC))
RELEASE = action_of(inventory.ReleaseNumber)


def entry(version: int) -> dict[str, Any]:
    return {"version": version, "holder": {"org": "acme"}, "golden": False, "visible_to": []}


HIDDEN = {"version": 7, "holder": None, "golden": True, "visible_to": []}


class Desk:
    """A catalogue that comes along with each look, and stays as it is at last; and commands as they were sent."""

    def __init__(self, *looks: dict[str, Any] | None) -> None:
        self.looks, self.sent, self.looked = list(looks), list[Any](), 0
        self.present, self.commands, self.closing = Present(self), self, asyncio.Event()  # type: ignore[arg-type]

    async def get(self, collection: str, ids: Sequence[str]) -> dict[str, Any]:
        if collection != SETS["a"].catalogue:
            return {}
        self.looked += 1
        found = self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]
        return {} if found is None else dict.fromkeys(ids, found)

    async def ask(self, prepare: Any, repeat: Any, seconds: float) -> Asked:
        commands: Sequence[Command] = await prepare()
        return Asked(commands, {})

    def written(self, token: Token, type: str, number: str, data: Any, trace: str | None = None) -> Command:
        self.sent.append(data)
        return Command("gw-1", number, b"")

    async def says(self, version: str | None, wait: int = 5) -> int:
        body = iter([{"type": "http.request", "body": b'{"remark": "x"}', "more_body": False}])

        async def receive() -> Any:
            return next(body)

        given = [("content-type", JSON), ("prefer", f"wait={wait}"), *([("if-match", version)] if version else [])]
        scope = {
            "type": "http", "method": "POST", "path": "/v1/numbers/+6531580001/release", "query_string": b"",
            "headers": [(name.encode(), value.encode()) for name, value in given], "scheme": "http",
            "path_params": {"number": "+6531580001"},
        }  # fmt: skip
        try:
            answer = await Actions(self).change(RELEASE, (JSON,), Request(scope, receive), TOKEN)  # type: ignore[arg-type]
        except Problem as problem:
            return problem.kind.status
        return answer.status_code


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "LOOKS", (0.001, 0.01))
    monkeypatch.setattr(actions, "LEVELLING", 0.1)


@pytest.mark.parametrize("before", [None, entry(1)])
async def test_a_version_that_is_yet_to_come_is_waited_for(before: dict[str, Any] | None) -> None:
    desk = Desk(before, before, entry(2))
    assert await desk.says('"2"') == 202
    assert desk.sent == [{"remark": "x", "expected_version": 2}]


@pytest.mark.parametrize(
    ("now", "version", "status"),
    [(entry(3), '"2"', 412), (None, None, 404), (entry(3), None, 202), (None, "*", 404), (HIDDEN, None, 404)],
)
async def test_nothing_else_is(now: dict[str, Any] | None, version: str | None, status: int) -> None:
    desk = Desk(now)
    assert await desk.says(version) == status
    assert desk.looked == 1


@pytest.mark.parametrize(("now", "status"), [(None, 404), (HIDDEN, 404), (entry(1), 412)])
async def test_nor_for_ever_and_not_for_who_does_not_wait(now: dict[str, Any] | None, status: int) -> None:
    desk, clock = Desk(now), asyncio.get_running_loop().time
    assert await desk.says('"2"', wait=0) == status
    assert desk.looked == 1
    began = clock()
    assert await desk.says('"2"') == status
    assert clock() - began >= 0.1
    assert desk.looked > 2


async def test_who_waits_cannot_tell_what_is_hidden_from_what_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    looked = []
    for now in (None, HIDDEN):
        time = iter(range(1_000)).__next__  # in which each look costs the same
        loop = SimpleNamespace(time=lambda time=time: time() / 100)
        monkeypatch.setattr(actions, "asyncio", SimpleNamespace(get_running_loop=lambda loop=loop: loop))
        desk = Desk(now)
        assert await desk.says('"2"') == 404
        looked.append(desk.looked)
    assert looked[0] == looked[1] > 2


async def test_only_so_many_wait_at_once_and_nobody_when_the_process_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "AT_ONCE", 0)
    desk = Desk(None)
    assert (await desk.says('"2"'), desk.looked) == (404, 1)
    monkeypatch.setattr(actions, "AT_ONCE", 20)
    desk.closing.set()
    assert (await desk.says('"2"'), desk.looked) == (404, 2)
