"""Jobs over HTTP that are asked for again under the same key: without servers."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import orjson
import pytest
from prometheus_client import CollectorRegistry
from starlette.requests import Request
from starlette.responses import Response

from services.chassis.clock import SystemClock
from services.chassis.memory import MemoryDatabase, MemoryStore
from services.gateway.bulk.chunks import Chunk, Settled
from services.gateway.bulk.clerk import Clerk
from services.gateway.bulk.jobs import Jobs, real_now
from services.gateway.bulk.submitting import PlanChanged
from services.gateway.domain import Token, fingerprint
from services.gateway.domain.job import Job
from services.gateway.domain.row import Row
from services.gateway.http.figures import Figures
from services.gateway.http.jobs import JobsOverHttp
from services.gateway.http.making import made
from services.gateway.http.problems import Problem
from services.gateway.http.uploading import Uploading
from services.gateway.repeats import Command, Repeat, Repeats

ANN, BOB = (Token(name, name, None, (), ("bulk",), datetime(2026, 3, 1, tzinfo=UTC)) for name in ("ann", "bob"))
FILE, RELEASE = b"number,remark\n+6531580001,x\n", "verb=release"


class Desk:
    """A desk with a memory, and what it has answered: status, job, and whether that was made before."""

    def __init__(self) -> None:
        store: Any = MemoryStore(MemoryDatabase(), "gateway")
        self.jobs, self.repeats, self.store = Jobs(store), Repeats(store), store
        clerk, figures = Clerk(self.jobs, SystemClock(), 0, strict=False), Figures(CollectorRegistry())
        self.desk: Any = SimpleNamespace(
            clerk=clerk, commands=SimpleNamespace(repeats=self.repeats), figures=figures, admission=None
        )
        self.uploading, self.over_http = Uploading(self.desk), JobsOverHttp(self.desk)

    async def submits(
        self, key: str | None, content: bytes = FILE, query: str = RELEASE, token: Token = ANN
    ) -> tuple[int, str, bool]:
        return await answered(self.uploading.submit(request("/v1/jobs", query, "text/csv", key, content), token))

    async def undoes(self, job: str, key: str | None, **wish: Any) -> tuple[int, str, bool]:
        asked = request(f"/v1/jobs/{job}/undo", "", "application/json", key, orjson.dumps(wish), job)
        return await answered(self.over_http.undo(asked, ANN))

    @property
    def states(self) -> list[str]:
        return sorted(each["state"] for each in self.store.database.collections["gateway.jobs"].values())


async def answered(asked: Awaitable[Response]) -> tuple[int, str, bool]:
    try:
        answer = await asked
    except Problem as problem:
        return problem.kind.status, problem.kind.code, False
    told = orjson.loads(answer.body)
    return answer.status_code, told.get("job", ""), "idempotency-replayed" in answer.headers


def request(path: str, query: str, type: str, key: str | None, body: bytes, job: str = "") -> Request:
    parts = [body, b""]

    async def receive() -> dict[str, Any]:
        part = parts.pop(0)
        return {"type": "http.request", "body": part, "more_body": bool(parts)}

    headers = [(b"content-type", type.encode()), (b"host", b"bank")]
    return Request({
        "type": "http", "method": "POST", "path": path, "query_string": query.encode(), "path_params": {"job": job},
        "headers": [*headers, *([(b"idempotency-key", key.encode())] if key is not None else [])], "scheme": "http",
    }, receive)  # fmt: skip


@pytest.fixture
def desk() -> Desk:
    return Desk()


async def test_a_file_that_is_sent_again_with_its_key_is_the_job_that_it_was_as_it_is_now(desk: Desk) -> None:
    status, job, replayed = await desk.submits("k")
    assert (status, replayed) == (201, False)
    await desk.jobs.move(job, "cancel", "ann")
    assert await desk.submits("k") == (201, job, True)
    assert await desk.submits("k", query=f"{RELEASE}&file=other.csv") == (201, job, True)
    assert desk.states == ["cancelled"]


async def test_a_job_that_awaits_approval_is_there_already(desk: Desk) -> None:
    query = "verb=delete&data=reason=faulty&data=remark=x"
    status, job, _ = await desk.submits("k", query=query)
    assert (status, desk.states) == (201, ["awaiting_approval"])
    assert await desk.submits("k", query=query) == (201, job, True)


async def test_without_a_key_or_with_that_of_another_token_it_is_another_job(desk: Desk) -> None:
    asked = ((None, ANN), (None, ANN), ("k", ANN), ("k", BOB))
    made = [await desk.submits(key, token=token) for key, token in asked]
    assert len({job for _, job, _ in made}) == 4
    assert not any(replayed for *_, replayed in made)


OTHERS = [
    (FILE + b"\n", RELEASE), (FILE, "verb=unlock"), (FILE, f"{RELEASE}&data=remark=y"), (FILE, f"{RELEASE}&force=true"),
    (FILE, f"{RELEASE}&plan={'0' * 32}"), (FILE, f"{RELEASE}&format=jsonl"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "query"), OTHERS)
async def test_a_key_belongs_to_one_request(desk: Desk, content: bytes, query: str) -> None:
    assert (await desk.submits("k"))[0] == 201
    assert await desk.submits("k", content, query) == (422, "idempotency_key_reused", False)
    assert desk.states == ["ready"]


async def test_a_key_of_a_change_is_none_of_a_job_and_the_other_way(desk: Desk) -> None:
    commands = [Command("gw-1", "+6531580001", b"{}")]
    assert await desk.repeats.keep(fingerprint(ANN.id, "k"), "request", commands, real_now())
    assert await desk.submits("k") == (422, "idempotency_key_reused", False)
    _, job, _ = await desk.submits("j")
    kept = await desk.repeats.known(fingerprint(ANN.id, "j"))
    assert kept is not None
    assert kept[1] == []
    assert not await desk.repeats.keep(fingerprint(ANN.id, "j"), "request", commands, real_now())
    assert await desk.submits("j") == (201, job, True)


async def test_what_is_refused_binds_no_key(desk: Desk) -> None:
    assert await desk.submits("k", b"number,remark\n") == (422, "wrong_file", False)
    status, _, replayed = await desk.submits("k")
    assert (status, replayed) == (201, False)
    assert desk.states == ["ready", "refused"]


@pytest.mark.parametrize(("key", "status"), [("a b", 422), ("", 422), ("~" * 255, 201)])
async def test_a_key_is_of_visible_characters_and_looked_at_before_the_file(desk: Desk, key: str, status: int) -> None:
    assert (await desk.submits(key))[0] == status


async def test_a_dry_run_has_no_key(desk: Desk) -> None:
    query = f"{RELEASE}&dry_run=true"
    assert [(await desk.submits(key, query=query))[0] for key in ("k", "k", "a b")] == [200] * 3
    assert await desk.repeats.job(fingerprint(ANN.id, "k")) is None


async def together(desk: Desk, monkeypatch: pytest.MonkeyPatch, *asked: Callable[[], Awaitable[Any]]) -> list[Any]:
    """Ask several things, none of which is known when the others are."""
    all_look, job = asyncio.Barrier(len(asked)), Repeats.job

    async def known(repeats: Repeats, id: str) -> Any:
        found = await job(repeats, id)
        if found is None:
            await all_look.wait()
        return found

    monkeypatch.setattr(Repeats, "job", known)
    async with asyncio.timeout(30):
        return await asyncio.gather(*(each() for each in asked))


async def test_of_two_at_once_one_job_runs_and_both_hear_of_it(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = await together(desk, monkeypatch, lambda: desk.submits("k"), lambda: desk.submits("k"))
    assert first[:2] == second[:2] == (201, first[1])
    assert sorted((first[2], second[2])) == [False, True]
    assert desk.states == ["ready", "refused"]
    notes = [each["note"] for each in desk.store.database.collections["gateway.jobs"].values()]
    assert f"It was sent twice, and job {first[1]} came first." in notes


async def test_a_repeat_whose_plan_has_changed_since_the_first_ran_is_answered_with_that(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    status, *_ = await desk.submits("k", query=f"{RELEASE}&plan={'0' * 32}")
    assert status == 409  # the plan of nothing, and no job to answer with
    assert (await desk.submits("k"))[0] == 201
    known = await desk.repeats.job(fingerprint(ANN.id, "k"))
    assert known is not None
    request, bound = known
    answers = iter([None, known])

    async def late(repeats: Repeats, id: str) -> Any:
        return next(answers)

    async def changed(*_: Any) -> Job:
        raise PlanChanged("plan_changed")

    monkeypatch.setattr(Repeats, "job", late)
    answer = await made(desk.desk, Repeat(fingerprint(ANN.id, "k"), request), changed)
    assert (answer.status_code, orjson.loads(answer.body)["job"]) == (201, bound)


async def test_of_two_different_ones_at_once_one_has_the_key(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    other = FILE.replace(b"0001", b"0002")
    answers = await together(desk, monkeypatch, lambda: desk.submits("k"), lambda: desk.submits("k", other))
    assert sorted(status for status, *_ in answers) == [201, 422]
    assert desk.states == ["ready", "refused"]


async def test_a_job_is_undone_once_under_a_key(desk: Desk) -> None:
    now = real_now()
    done = Job("j", "release", "numbers.csv", "ann", now, state="ready", rows=1, chunks=1)
    await desk.jobs.add(done)
    await desk.jobs.add_chunk(done, Chunk(0, [Row(2, "+6531580001", {"remark": "x"})]))
    ended = [Settled("accepted", version=2)]
    await desk.jobs.settle("j", {0: ended}, lambda job: replace(job, state="done", next=1, counts={"accepted": 1}))
    assert (await desk.undoes("j", "k", dry_run=True))[::2] == (200, False)
    status, job, replayed = await desk.undoes("j", "k")
    assert (status, replayed) == (201, False)
    assert await desk.undoes("j", "k") == (201, job, True)
    assert await desk.undoes("j", "k", remark="y") == (422, "idempotency_key_reused", False)
    assert (await desk.undoes("j", None))[1] != job
    assert (await desk.jobs.get(job)).of == "j"
