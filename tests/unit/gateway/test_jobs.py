"""The states of a job, and how it changes under the gateway that has it."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, get_args

import pytest

from services.chassis.errors import Conflict, StoreTrouble
from services.gateway.bulk import runner
from services.gateway.bulk.chunks import Chunk, Settled, chunk_document, chunk_from, settled_fields
from services.gateway.bulk.flight import Flight
from services.gateway.bulk.jobs import Jobs, real_now
from services.gateway.bulk.results import Result
from services.gateway.bulk.turns import (
    LeaseLost,
    ended,
    given_up,
    heard_of,
    leased,
    let_go,
    settled_in,
    stirred,
)
from services.gateway.domain import Answer
from services.gateway.domain.job import AT_WORK, ENDED, Job, JobState, WrongMove, moved, needs_approval
from services.gateway.domain.row import Refused, Row
from tests.unit.gateway.contended import Contended

NOW = datetime(2026, 3, 1, tzinfo=UTC)
STATES: tuple[JobState, ...] = get_args(JobState)
MOVES = {
    "pause": {"ready": "paused", "running": "pausing", "waiting": "pausing"},
    "resume": {"paused": "ready", "pausing": "running"},
    "cancel": {
        "receiving": "cancelled", "awaiting_approval": "cancelled", "ready": "cancelled", "paused": "cancelled",
        "running": "cancelling", "waiting": "cancelling", "pausing": "cancelling",
    },
    "approve": {"awaiting_approval": "ready"},
}  # fmt: skip
ROWS = (Row(2, "+6531580001", {}), Refused(3, "x", "wrong_number", "No."), Row(4, "+6531580002", {"remark": "y"}))


def job(state: JobState = "running", **fields: Any) -> Job:
    made = Job("j", "release", "numbers.csv", "ann", NOW, state=state, rows=6, chunks=2, counts={"refused": 2})
    return replace(made, **fields)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("move", MOVES)
def test_a_job_moves_as_people_ask_or_says_why_not(move: str, state: JobState) -> None:
    to = MOVES[move].get(state)
    if to is None:
        with pytest.raises(WrongMove, match=r"^Job j is .* is for jobs that are .*\.$"):
            moved(job(state), move, "bob", NOW)
        return
    after = moved(job(state), move, "bob", NOW)
    assert after.state == to
    assert (after.finished is not None) == (to in ENDED)


def test_many_deletes_need_somebody_else() -> None:
    deletes = job("ready", verb="delete", rows=103)
    assert needs_approval(deletes, 100)
    assert not needs_approval(deletes, 101)  # refused rows delete nothing
    assert not needs_approval(replace(deletes, verb="release"), 0)
    with pytest.raises(WrongMove, match="somebody else"):
        moved(replace(deletes, state="awaiting_approval"), "approve", "ann", NOW)
    approved = moved(replace(deletes, state="awaiting_approval"), "approve", "bob", NOW)
    assert (approved.state, approved.approved_by) == ("ready", "bob")
    assert not needs_approval(approved, 100)


@pytest.mark.parametrize("state", STATES)
def test_only_a_submission_that_gives_no_sign_of_life_is_given_up(state: JobState) -> None:
    silent = job(state, stirred=None)
    assert given_up(silent, None).state == ("refused" if state == "receiving" else state)
    assert given_up(stirred(silent), None).state == state


@pytest.mark.parametrize("state", STATES)
def test_only_jobs_with_work_left_are_taken_and_by_one_gateway(state: JobState) -> None:
    if state not in AT_WORK:
        with pytest.raises(LeaseLost):
            leased(job(state), "g1")
        return
    taken = leased(job(state), "g1")
    assert taken.owner == "g1"
    with pytest.raises(LeaseLost):
        leased(taken, "g2")
    assert leased(replace(taken, leased_until=real_now() - timedelta(seconds=1)), "g2").owner == "g2"
    assert leased(let_go(taken, "g1"), "g2").owner == "g2"
    with pytest.raises(LeaseLost):
        let_go(taken, "g2")


def test_a_chunk_is_counted_once_and_its_refused_rows_were_counted_before() -> None:
    settled = [
        Settled("accepted", version=2),
        Settled("refused", "wrong_number"),
        Settled("rejected", "unknown_number"),
    ]
    once = settled_in(job("waiting", note="nobody answers"), 0, settled)
    assert (once.next, once.state, once.note) == (1, "running", None)
    assert once.counts == {"refused": 2, "accepted": 1, "rejected": 1}
    assert once.codes == {"unknown_number": 1}
    assert settled_in(once, 0, settled) == once


@pytest.mark.parametrize(
    ("state", "next", "to"),
    [
        ("running", 2, "done"), ("pausing", 2, "done"), ("cancelling", 2, "done"),
        ("pausing", 1, "paused"), ("cancelling", 1, "cancelled"), ("running", 1, "ready"),
    ],
)  # fmt: skip
def test_when_nothing_is_in_flight_a_job_is_let_go(state: JobState, next: int, to: JobState) -> None:
    after = ended(job(state, next=next, owner="g1", leased_until=NOW))
    assert (after.state, after.owner, after.leased_until) == (to, None, None)
    assert (after.finished is not None) == (to in ENDED)


def test_a_job_that_waits_says_why_and_one_that_drains_stays_so() -> None:
    assert heard_of(job(), "Kafka is away.").state == "waiting"
    assert heard_of(job(), None).state == "running"
    assert heard_of(job("cancelling"), "Kafka is away.").state == "cancelling"


def test_a_chunk_is_read_as_it_was_written() -> None:
    chunk = Chunk(3, ROWS)
    stored = chunk_document("j", chunk, NOW)
    assert chunk_from(3, stored) == chunk._replace(rows=list(ROWS))
    settled = [Settled("accepted", version=4), Settled("refused", "c", "r"), Settled("rejected", "c", "r", 1)]
    assert chunk_from(3, stored | settled_fields(settled)).settled == settled
    assert stored["_id"] < chunk_document("j", Chunk(10, ROWS), NOW)["_id"]


def test_a_flight_misses_rows_until_they_are_answered() -> None:
    flight = Flight(Chunk(0, ROWS))
    assert [*flight.unanswered()] == [(0, ROWS[0]), (2, ROWS[2])]
    flight.answered([Answer(2, None, "unknown_number", "No.")])
    assert [*flight.unanswered()] == [(0, ROWS[0])]
    flight.answered([Answer(0, 3)])
    assert not flight.missing
    assert flight.settled == [
        Settled("accepted", version=3), Settled("refused", "wrong_number", "No."),
        Settled("rejected", "unknown_number", "No."),
    ]  # fmt: skip


def test_what_nobody_answers_is_given_up_after_days() -> None:
    flight = Flight(Chunk(0, ROWS))
    flight.give_up()
    assert [each.outcome for each in flight.settled] == ["unanswered", "refused", "unanswered"]


def test_a_result_is_no_formula_and_numbers_keep_their_plus() -> None:
    assert Result(2, "+6531580001", "accepted", None, None).cells == ["2", "+6531580001", "accepted", "", ""]
    assert Result(3, "=123", "refused", "wrong_number", None).cells[1] == "'=123"
    assert Result(3, "=1+1", "refused", "wrong_number", "=x").cells[1::3] == ["'=1+1", "'=x"]


async def test_a_submission_whose_gateway_died_is_refused_by_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the clock of whoever submits it says."""
    monkeypatch.setattr(runner, "SILENCE", 0.05)
    monkeypatch.setattr(runner, "LOOK", 0.01)
    ages = {"slow": 2, "dead": 0, "fast": -2}
    left = {
        id: replace(job("receiving"), id=id, created=NOW + timedelta(days=age), stirred=NOW + timedelta(days=age))
        for id, age in ages.items()
    }
    over = asyncio.Event()

    class Kept:
        async def at_work(self) -> list[Job]:
            for id in ("slow", "fast"):  # they are alive, and stir
                left[id] = replace(left[id], stirred=(left[id].stirred or NOW) + timedelta(seconds=1))
            return list(left.values())

        async def change(self, id: str, how: Callable[[Job], Job]) -> Job:
            left[id] = how(left[id])
            over.set()
            return left[id]

    async with runner.running(runner.Runner(SimpleNamespace(jobs=Kept(), owner="g1"), 100)):  # type: ignore[arg-type]
        await asyncio.wait_for(over.wait(), 30)
    assert {id: each.state for id, each in left.items()} == {
        "slow": "receiving",
        "dead": "refused",
        "fast": "receiving",
    }
    assert left["dead"].note == "It broke off; submit it again."


@pytest.mark.parametrize(("hours", "sent", "looks"), [(13, 4, 3), (13, 3, 1), (11, 4, 1)])
async def test_what_was_left_for_long_is_taken_when_its_answers_are_known(hours: int, sent: int, looks: int) -> None:
    left = real_now() - timedelta(hours=hours)
    waiting = replace(job("running"), next=3, sent=sent, stirred=left, leased_until=left)
    taken, level = list[str](), iter((False, False, True))

    class Kept:
        async def at_work(self) -> list[Job]:
            return [waiting]

        async def change(self, id: str, how: Callable[[Job], Job]) -> Job:
            taken.append(id)
            raise LeaseLost

    async def is_level() -> bool:
        return next(level)

    runs = runner.Runner(SimpleNamespace(jobs=Kept(), owner="g1", level=is_level), 100)  # type: ignore[arg-type]
    tries = 0
    while not taken:
        await runs._look()
        tries += 1
    assert tries == looks


async def test_while_the_database_is_away_no_submission_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "SILENCE", 0.05)
    looks, changed = list[float](), list[str]()

    class Away:
        async def at_work(self) -> list[Job]:
            looks.append(asyncio.get_running_loop().time())
            if 1 < len(looks) < 4:
                raise StoreTrouble("away")
            return [job("receiving")]

        async def change(self, id: str, how: Callable[[Job], Job]) -> None:
            changed.append(id)

    runs = runner.Runner(SimpleNamespace(jobs=Away(), owner="g1"), 100)  # type: ignore[arg-type]
    for _ in range(4):
        await runs._look()
        await asyncio.sleep(0.03)
    assert looks[-1] - looks[0] > 0.05
    assert not changed


async def test_a_change_that_others_keep_preventing_is_not_tried_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.gateway.bulk.jobs.TRIES", 3)
    store = Contended()
    with pytest.raises(Conflict):
        await Jobs(store).change("j", lambda job: job)  # type: ignore[arg-type]
    assert store.tries == 3


async def test_a_defect_is_logged_and_ends_no_gateway(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    looks = iter([ValueError("a job that nobody can read"), StoreTrouble("away"), []])

    class Broken:
        async def at_work(self) -> list[Job]:
            found = next(looks, None)
            if found is None:
                over.set()
            if isinstance(found, Exception):
                raise found
            return []

    over = asyncio.Event()
    monkeypatch.setattr(runner, "LOOK", 0)
    async with runner.running(runner.Runner(SimpleNamespace(jobs=Broken(), owner="g1"), 100)):  # type: ignore[arg-type]
        await asyncio.wait_for(over.wait(), 30)
    assert [record.levelname for record in caplog.records] == ["ERROR", "WARNING"]
