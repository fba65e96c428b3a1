"""Submissions that break off."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from services.chassis.errors import StoreTrouble
from services.gateway.bulk import submitting
from services.gateway.bulk.submitting import Order, Submission
from services.gateway.domain.job import Job, WrongMove, moved
from services.gateway.domain.row import Row, WrongFile
from services.gateway.domain.verb import VERBS

ORDER = Order(VERBS["release"], "numbers.csv", "ann")
ROWS = [Row(2, "+6531580001", {"remark": "x"})]


class Kept:
    """One job; its first chunk meets what befalls it."""

    def __init__(self, befalls: Callable[["Kept"], None]) -> None:
        self._befalls = befalls

    async def add(self, job: Job) -> None:
        self.job = job

    async def add_chunk(self, job: Job, chunk: Any) -> None:
        self._befalls(self)

    async def change(self, id: str, how: Callable[[Job], Job], *_: Any) -> Job:
        self.job = how(self.job)
        return self.job


def raises(error: BaseException) -> Callable[[Kept], None]:
    def fail(kept: Kept) -> None:
        raise error

    return fail


def cancelled(kept: Kept) -> None:
    kept.job = moved(kept.job, "cancel", "bob", kept.job.created)


@pytest.mark.parametrize("error", [WrongFile("No."), OverflowError("x"), asyncio.CancelledError()])
async def test_whatever_breaks_a_submission_off_none_stays_receiving(error: BaseException) -> None:
    kept = Kept(raises(error))
    with pytest.raises(type(error)):
        await Submission(kept, None, 100).of(ORDER, ROWS, lambda: None)  # type: ignore[arg-type]
    assert (kept.job.state, kept.job.finished is not None) == ("refused", True)
    assert kept.job.note == ("No." if isinstance(error, WrongFile) else "It broke off; submit it again.")


async def test_a_job_that_was_cancelled_while_its_rows_came_stays_so() -> None:
    kept = Kept(cancelled)
    with pytest.raises(WrongMove, match="submit them again"):
        await Submission(kept, None, 100).of(ORDER, ROWS, lambda: None)  # type: ignore[arg-type]
    assert kept.job.state == "cancelled"


async def submitted_slowly(kept: Kept) -> Job:
    """Submit a row that comes only when its job has given a sign of life."""

    async def slowly() -> AsyncIterator[Row]:
        while kept.job.stirred is None:
            await asyncio.sleep(0)
        yield ROWS[0]

    async with asyncio.timeout(30):
        return await Submission(kept, None, 100).of(ORDER, slowly(), lambda: None)  # type: ignore[arg-type]


async def test_a_submission_whose_rows_come_slowly_gives_signs_of_life(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(submitting, "STIR", 0.001)
    assert (await submitted_slowly(Kept(lambda kept: None))).state == "ready"


async def test_a_sign_of_life_that_fails_is_logged_and_the_next_one_comes(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(submitting, "STIR", 0.001)
    failing = [StoreTrouble("away"), ValueError("a defect")]

    class Weak(Kept):
        async def change(self, id: str, how: Callable[[Job], Job], *_: Any) -> Job:
            if failing:
                raise failing.pop()
            return await super().change(id, how)

    assert (await submitted_slowly(Weak(lambda kept: None))).state == "ready"
    assert [record.message for record in caplog.records] == ["no sign of life of a submission"] * 2


@pytest.mark.parametrize("rows", [ROWS, []])
async def test_with_its_submission_the_signs_of_life_end(monkeypatch: pytest.MonkeyPatch, rows: list[Row]) -> None:
    """Whether it becomes a job, or is refused."""
    monkeypatch.setattr(submitting, "STIR", 0.001)
    kept = Kept(lambda kept: None)
    with suppress(WrongFile):
        await Submission(kept, None, 100).of(ORDER, rows, lambda: None)  # type: ignore[arg-type]
    kept.job = replace(kept.job, state="receiving", stirred=None)
    await asyncio.sleep(0.05)
    assert kept.job.stirred is None
    assert [task.get_name() for task in asyncio.all_tasks()] == [asyncio.current_task().get_name()]  # type: ignore[union-attr]
