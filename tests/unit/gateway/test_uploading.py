"""Files that come over HTTP, and jobs, that are gone or slow in the middle of a request."""

import asyncio
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from starlette.requests import Request

from services.gateway.bulk.jobs import NoSuchJob
from services.gateway.domain import Token
from services.gateway.domain.job import Job, WrongMove
from services.gateway.http import reading
from services.gateway.http.figures import Figures
from services.gateway.http.jobs import JobsOverHttp
from services.gateway.http.problems import Problem
from services.gateway.http.uploading import Uploading

NOW = datetime(2026, 3, 1, tzinfo=UTC)
TOKEN = Token("0", "ann", None, (), ("bulk",), NOW)


class Clerk:
    """Takes an order whose job is cancelled meanwhile, and has a job whose rows are forgotten meanwhile."""

    jobs: "Clerk"

    def __init__(self) -> None:
        self.jobs = self

    async def submit(self, *order: Any) -> Job:
        raise WrongMove("Job j was cancelled while its rows were stored; submit them again.")

    async def get(self, id: str) -> Job:
        return Job(id, "release", "numbers.csv", "ann", NOW, state="done", rows=1, chunks=1, next=1)

    async def chunks(self, id: str, indexes: Any) -> Any:
        raise NoSuchJob(f"Rows of job {id} are gone.")

    async def undo(self, *order: Any) -> Job:
        raise NoSuchJob("Rows of job j are gone.")


def desk() -> Any:
    return SimpleNamespace(clerk=Clerk(), figures=Figures(CollectorRegistry()))


def request(path: str, query: str = "", type: str = "text/csv", *parts: bytes) -> Request:
    """Give a request whose body has these parts, and stops coming where none is empty."""
    waiting = list(parts)

    async def receive() -> dict[str, Any]:
        if not waiting:
            await asyncio.Event().wait()
        part = waiting.pop(0)
        return {"type": "http.request", "body": part, "more_body": bool(part)}

    scope = {
        "type": "http", "method": "POST", "path": path, "query_string": query.encode(), "path_params": {"job": "j"},
        "headers": [(b"content-type", type.encode()), (b"host", b"bank")], "scheme": "http",
    }  # fmt: skip
    return Request(scope, receive)


async def test_an_upload_that_stops_coming_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "SLOW_PART", 0.05)
    with pytest.raises(Problem) as problem:
        await Uploading(desk()).submit(request("/v1/jobs", "verb=release", "text/csv", b"number"), TOKEN)
    assert problem.value.kind.status == 408


async def test_a_job_that_was_cancelled_while_its_file_came_is_a_conflict() -> None:
    with pytest.raises(Problem) as problem:
        await Uploading(desk()).submit(request("/v1/jobs", "verb=release", "text/csv", b"number,remark\n", b""), TOKEN)
    assert (problem.value.kind.status, problem.value.kind.code) == (409, "wrong_state")


async def test_a_job_that_is_forgotten_in_the_middle_is_unknown() -> None:
    jobs = JobsOverHttp(desk())
    for answer in (
        jobs.result(request("/v1/jobs/j/result"), TOKEN),
        jobs.undo(request("/v1/jobs/j/undo", "", "application/json", b"{}", b""), TOKEN),
    ):
        with pytest.raises(Problem) as problem:
            await answer
        assert (problem.value.kind.status, problem.value.kind.code) == (404, "unknown_job")
