"""A job that another gateway had before: what it may have sent is settled, whatever has been asked meanwhile."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import orjson
import pytest

from services.chassis.clock import SystemClock
from services.chassis.errors import KafkaAway, StoreTrouble
from services.gateway.bulk.carrying import Carrying, Means
from services.gateway.bulk.chunks import Chunk, Settled
from services.gateway.bulk.flight import Flight
from services.gateway.bulk.turns import TOGETHER, WINDOW, leased, settled_in
from services.gateway.domain import Answer, Spot, row_command_id
from services.gateway.domain.job import Job, JobState
from services.gateway.domain.row import Refused, Row

CHUNKS = 3
MADE = Job("j", "release", "numbers.csv", "ann", datetime(2026, 3, 1, tzinfo=UTC), rows=CHUNKS, chunks=CHUNKS, sent=2)


def command(place: int) -> str:
    return row_command_id(Spot("j", place, 0))


class Kept:
    """A job of a row a chunk, and inventory that answers what was sent."""

    def __init__(self, job: Job) -> None:
        self.job, self.settled = job, dict[int, Sequence[Settled]]()
        self.sent, self.answered = list[str](), {command(0)}  # whoever had it before has sent it
        self.together = list[int]()  # how many commands at a time
        self.troubles = list[Exception]()  # of what is done next

    async def chunks(self, id: str, indexes: Iterable[int]) -> list[Chunk]:
        return [Chunk(index, [Row(index + 2, f"+65315800{index:02}", {"remark": "x"})]) for index in indexes]

    async def change(self, id: str, how: Callable[[Job], Job]) -> Job:
        self.job = how(self.job)
        return self.job

    async def settle(self, id: str, settled: Mapping[int, Sequence[Settled]], how: Callable[[Job], Job]) -> Job:
        self.settled |= settled
        return await self.change(id, how)

    async def look_up(self, job: str, chunk: int) -> Sequence[Answer]:
        self._tried(StoreTrouble)
        return [Answer(0, 2)] if command(chunk) in self.answered else []

    async def send(self, topic: str, commands: Sequence[tuple[str, bytes]]) -> None:
        self._tried(KafkaAway)
        self.sent += (ids := [orjson.loads(value)["id"] for _, value in commands])
        self.together.append(len(ids))
        self.answered |= {*ids}

    async def level(self) -> bool:
        return True

    def _tried(self, kind: type[Exception]) -> None:
        if self.troubles and isinstance(self.troubles[-1], kind):
            raise self.troubles.pop()


def carrying(kept: Kept) -> Carrying:
    """Give the job into the hands of the second gateway."""
    return Carrying(kept.job, Means(kept, kept.look_up, kept.send, SystemClock(), "g2", kept.level))  # type: ignore[arg-type]


@pytest.mark.parametrize(("state", "end"), [("cancelling", "cancelled"), ("pausing", "paused")])
async def test_what_may_have_been_sent_is_settled_before_a_job_drains(state: JobState, end: JobState) -> None:
    kept = Kept(leased(replace(MADE, state=state), "g2"))
    await carrying(kept).run()
    assert (kept.job.state, kept.job.next, kept.job.counts) == (end, 2, {"accepted": 2})
    assert kept.sent == [command(1)], "the third was never sent, and the first was answered"


async def test_commands_go_out_many_at_a_time() -> None:
    many = 3 * WINDOW
    kept = Kept(leased(replace(MADE, state="ready", rows=many, chunks=many, sent=0), "g2"))
    await carrying(kept).run()
    assert (kept.job.state, kept.job.counts, sorted(kept.settled)) == ("done", {"accepted": many}, [*range(many)])
    assert len(kept.sent) == len({*kept.sent}) == many - 1
    assert kept.together == [TOGETHER - 1, *[TOGETHER] * (many // TOGETHER - 1)]  # the first was answered before


def test_chunks_are_let_out_as_there_is_room_and_never_by_a_job_that_drains() -> None:
    job = leased(replace(MADE, state="ready", chunks=WINDOW + 2, sent=0), "g1")
    assert job.sent == WINDOW
    assert (once := settled_in(job, 0, [])).sent == WINDOW + 1
    assert settled_in(replace(once, state="cancelling"), 1, []).sent == WINDOW + 1
    assert leased(replace(job, state="pausing", leased_until=None), "g2").sent == WINDOW


@pytest.mark.parametrize("trouble", [KafkaAway("away"), StoreTrouble("MongoDB takes longer than 10 s")])
async def test_a_job_waits_for_what_is_away_says_so_and_sends_nothing_twice(trouble: Exception) -> None:
    kept, notes = Kept(leased(replace(MADE, state="ready"), "g2")), list[str | None]()
    kept.troubles = [trouble, trouble]
    change = kept.change

    async def noted(id: str, how: Callable[[Job], Job]) -> Job:
        notes.append((job := await change(id, how)).note)
        return job

    kept.change = noted  # type: ignore[method-assign]
    await carrying(kept).run()
    assert {note for note in notes if note} == {
        f"{'Kafka' if isinstance(trouble, KafkaAway) else 'MongoDB'} does not answer; it goes on by itself."
    }
    assert (kept.job.state, kept.job.note, kept.job.counts) == ("done", None, {"accepted": CHUNKS})
    assert sorted(kept.sent) == [command(1), command(2)]


@pytest.mark.parametrize("trouble", [KafkaAway("away"), StoreTrouble("away")])
async def test_a_job_that_another_gateway_took_while_something_was_away_is_left_to_it(trouble: Exception) -> None:
    kept = Kept(leased(replace(MADE, state="ready"), "g2"))
    run = carrying(kept).run
    kept.troubles, kept.job = [trouble], replace(kept.job, owner="g3")
    await run()
    assert (kept.job.owner, kept.sent, kept.settled) == ("g3", [], {})


async def test_what_another_gateway_has_taken_meanwhile_is_settled_by_it() -> None:
    kept = Kept(leased(replace(MADE, state="ready"), "g2"))
    run = carrying(kept).run
    kept.job = replace(kept.job, owner="g3")
    await run()
    assert (kept.job.owner, kept.job.next, kept.job.counts) == ("g3", 0, {})


def test_answers_to_rows_that_were_refused_or_are_not_there_change_nothing() -> None:
    rows = [Refused.of(2, "hello", "wrong_number", "no"), Row(3, "+6531580000", {})]
    flight = Flight(Chunk(0, rows))
    flight.answered([Answer(0, 5), Answer(7, 5), Answer(1, 2), Answer(1, 9, "already_exists", "late")])
    assert not flight.missing
    assert flight.settled == [Settled("refused", "wrong_number", "no"), Settled("accepted", version=2)]
