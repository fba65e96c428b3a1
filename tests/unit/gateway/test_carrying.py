"""A job that another gateway had before: what it may have sent is settled, whatever has been asked meanwhile."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import orjson
import pytest

from services.chassis.clock import SystemClock
from services.gateway.bulk.carrying import Carrying, Means
from services.gateway.bulk.chunks import Chunk, Settled
from services.gateway.bulk.turns import TOGETHER, WINDOW, leased, settled_in
from services.gateway.domain import Answer, Spot, row_command_id
from services.gateway.domain.job import Job, JobState
from services.gateway.domain.row import Row

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

    async def chunks(self, id: str, indexes: Iterable[int]) -> list[Chunk]:
        return [Chunk(index, [Row(index + 2, f"+65315800{index:02}", {"remark": "x"})]) for index in indexes]

    async def change(self, id: str, how: Callable[[Job], Job]) -> Job:
        self.job = how(self.job)
        return self.job

    async def settle(self, id: str, settled: Mapping[int, Sequence[Settled]], how: Callable[[Job], Job]) -> Job:
        self.settled |= settled
        return await self.change(id, how)

    async def look_up(self, job: str, chunk: int) -> Sequence[Answer]:
        return [Answer(0, 2)] if command(chunk) in self.answered else []

    async def send(self, topic: str, commands: Sequence[tuple[str, bytes]]) -> None:
        self.sent += (ids := [orjson.loads(value)["id"] for _, value in commands])
        self.together.append(len(ids))
        self.answered |= {*ids}


@pytest.mark.parametrize(("state", "end"), [("cancelling", "cancelled"), ("pausing", "paused")])
async def test_what_may_have_been_sent_is_settled_before_a_job_drains(state: JobState, end: JobState) -> None:
    kept = Kept(leased(replace(MADE, state=state), "g2"))
    means = Means(kept, kept.look_up, kept.send, SystemClock(), "g2")  # type: ignore[arg-type]
    await Carrying(kept.job, means).run()
    assert (kept.job.state, kept.job.next, kept.job.counts) == (end, 2, {"accepted": 2})
    assert kept.sent == [command(1)], "the third was never sent, and the first was answered"


async def test_commands_go_out_many_at_a_time() -> None:
    many = 3 * WINDOW
    kept = Kept(leased(replace(MADE, state="ready", rows=many, chunks=many, sent=0), "g2"))
    means = Means(kept, kept.look_up, kept.send, SystemClock(), "g2")  # type: ignore[arg-type]
    await Carrying(kept.job, means).run()
    assert (kept.job.state, kept.job.counts, sorted(kept.settled)) == ("done", {"accepted": many}, [*range(many)])
    assert len(kept.sent) == len({*kept.sent}) == many - 1
    assert kept.together == [TOGETHER - 1, *[TOGETHER] * (many // TOGETHER - 1)]  # the first was answered before


def test_chunks_are_let_out_as_there_is_room_and_never_by_a_job_that_drains() -> None:
    job = leased(replace(MADE, state="ready", chunks=WINDOW + 2, sent=0), "g1")
    assert job.sent == WINDOW
    assert (once := settled_in(job, 0, [])).sent == WINDOW + 1
    assert settled_in(replace(once, state="cancelling"), 1, []).sent == WINDOW + 1
    assert leased(replace(job, state="pausing", leased_until=None), "g2").sent == WINDOW
