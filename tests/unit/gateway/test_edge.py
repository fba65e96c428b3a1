"""The edge without servers: who is let in, and how commands are waited for."""

import asyncio
import json
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from starlette.requests import ClientDisconnect

from services.chassis.clock import SystemClock
from services.chassis.errors import StoreTrouble
from services.chassis.memory import MemoryDatabase, MemoryStore
from services.gateway.domain import Outcome, TokenWish, secret_of
from services.gateway.http.admission import Admission
from services.gateway.http.figures import Figures
from services.gateway.http.guard import problem_of
from services.gateway.http.limits import FAILURES, Limits
from services.gateway.http.problems import Problem
from services.gateway.http.reading import MOST_FAULTS, MOST_PARTS, read
from services.gateway.http.waiting import Waiting
from services.gateway.tokens import Tokens

SECRET, OTHER = secret_of(bytes(32)), secret_of(bytes(31) + b"x")


class Door:
    """An admission whose clock the test moves."""

    def __init__(self) -> None:
        self.time = 0.0
        self.tokens = Tokens(MemoryStore(MemoryDatabase(), "gateway"))
        figures = Figures(CollectorRegistry())
        self.admission = Admission(self.tokens, Limits(5, lambda: self.time), figures, lambda: self.time)

    async def says(self, header: str | None, address: str = "there") -> int:
        try:
            await self.admission.admitted(header, address)
        except Problem as problem:
            asked_for = problem.headers.get("WWW-Authenticate", "").startswith("Bearer")
            return problem.kind.status if asked_for == (problem.kind.status == 401) else -1
        return 200


@pytest.fixture
async def door() -> Door:
    door = Door()
    await door.tokens.create(TokenWish(name="desk"), SECRET, SystemClock().now())
    return door


async def test_only_a_token_that_is_known_lets_in(door: Door) -> None:
    assert await door.says(f"Bearer {SECRET}") == 200
    assert await door.says(f"bearer  {SECRET}") == 200
    for wrong in (None, "", SECRET, f"Basic {SECRET}", f"Bearer {OTHER}", "Bearer nb_", "Bearer \u0661"):
        assert await door.says(wrong) == 401


async def test_a_revocation_counts_after_a_second(door: Door) -> None:
    assert await door.says(f"Bearer {SECRET}") == 200
    await door.tokens.revoke("desk", SystemClock().now())
    door.time += 1.0
    assert await door.says(f"Bearer {SECRET}") == 401


async def test_a_stream_looks_whether_its_token_stands(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    token = await door.admission.admitted(f"Bearer {SECRET}", "there")
    assert await door.admission.stands(token)
    await door.tokens.revoke("desk", SystemClock().now())
    door.time += 1.0
    assert not await door.admission.stands(token)

    async def away(*_: Any) -> Any:
        raise StoreTrouble

    monkeypatch.setattr(door.tokens.store, "get", away)
    door.time += 1.0
    assert await door.admission.stands(token), "nobody knows better"
    assert not await door.admission.stands(replace(token, expires=token.created))


async def test_a_token_that_has_ended_lets_nobody_in(door: Door) -> None:
    past = SystemClock().now() - timedelta(seconds=1)
    await door.tokens.create(TokenWish(name="old", expires=past), OTHER, past)
    assert await door.says(f"Bearer {OTHER}") == 401


async def test_guessing_is_stopped_without_stopping_those_who_are_known(door: Door) -> None:
    assert await door.says(f"Bearer {SECRET}") == 200
    assert [await door.says(f"Bearer {OTHER}") for _ in range(FAILURES + 1)] == [401] * FAILURES + [429]
    assert await door.says(f"Bearer {SECRET}") == 200
    assert await door.says(f"Bearer {OTHER}", "elsewhere") == 401


async def test_who_asks_too_often_is_told_when_to_come_back(door: Door) -> None:
    assert [await door.says(f"Bearer {SECRET}") for _ in range(11)] == [200] * 10 + [429]
    door.time += 0.2
    assert await door.says(f"Bearer {SECRET}") == 200


class View:
    """Outcomes that the test makes."""

    def __init__(self) -> None:
        self.known: dict[str, Outcome] = {}
        self.asked: list[set[str]] = []

    async def get(self, commands: Collection[str]) -> dict[str, Outcome]:
        self.asked.append(set(commands))
        return {id: self.known[id] for id in commands if id in self.known}

    def answer(self, *ids: str) -> None:
        self.known |= {id: Outcome(id, "+6531580001", "number.added", 1, "available") for id in ids}


async def test_all_who_wait_share_one_look_and_hear_of_their_own() -> None:
    view = View()
    waiting = Waiting(view)
    running = asyncio.create_task(waiting.run())
    waiters = [asyncio.create_task(waiting.heard([f"a{n}", f"b{n}"], 10)) for n in range(20)]
    await asyncio.sleep(0.05)
    assert view.asked[-1] == {f"{letter}{n}" for letter in "ab" for n in range(20)}
    view.answer(*view.asked[-1])
    assert [set(each) for each in await asyncio.gather(*waiters)] == [{f"a{n}", f"b{n}"} for n in range(20)]
    looks = len(view.asked)
    await asyncio.sleep(0.05)
    assert len(view.asked) == looks, "nobody waits, so nobody looks"
    running.cancel()


async def test_what_is_not_answered_in_time_is_missing() -> None:
    view = View()
    waiting = Waiting(view)
    running = asyncio.create_task(waiting.run())
    view.answer("a")
    assert set(await waiting.heard(["a", "b"], 0.2)) == {"a"}
    assert await waiting.heard(["a"], 0) == {}
    running.cancel()


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"name": "a", "scopes": ["read"], "nam": 1}, 422, "nam"),
        ({"scopes": ["read"]}, 422, "name"),
        ({"name": "a", "expires": "tomorrow"}, 422, "expires"),
        ([], 400, None),
        ("text", 400, None),
    ],
)
def test_a_body_that_cannot_be_meant_is_refused_by_field(body: Any, status: int, field: str | None) -> None:
    with pytest.raises(Problem) as refused:
        read(TokenWish, json.dumps(body).encode())
    assert refused.value.kind.status == status
    assert [fault.field for fault in refused.value.faults] == ([field] if field else [])


def test_of_many_faults_the_first_are_told_and_of_too_many_none() -> None:
    for many, told in ((MOST_PARTS, MOST_FAULTS), (MOST_PARTS + 2, 0)):
        with pytest.raises(Problem) as refused:
            read(TokenWish, json.dumps({f"x{n}": n for n in range(many)}).encode())
        assert (refused.value.kind.status, len(refused.value.faults)) == (422, told)


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 100_000, b'{"name": "\\ud800"}'])
def test_garbage_is_no_json(body: bytes) -> None:
    with pytest.raises(Problem) as refused:
        read(TokenWish, body)
    assert refused.value.kind.status == 400


def test_times_are_read_as_everywhere() -> None:
    wish = read(TokenWish, b'{"name": "a", "expires": "2026-03-01T01:00:00+01:00"}')
    assert isinstance(wish.expires, datetime)
    assert wish.expires.hour == 0


def test_who_leaves_is_no_defect(caplog: pytest.LogCaptureFixture) -> None:
    assert problem_of(ClientDisconnect(), "abc").kind.status == 499
    assert not caplog.records
