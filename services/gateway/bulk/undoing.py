"""What takes a job back: for each number that it changed, the version to undo."""

from collections.abc import AsyncIterator

from services.gateway.bulk.jobs import Jobs
from services.gateway.bulk.results import settled_rows
from services.gateway.domain.job import Job, WrongMove
from services.gateway.domain.row import Row
from services.gateway.domain.verb import VERBS

RESTORE = VERBS["restore"]


def check_undoable(job: Job) -> None:
    """Make sure that a job can be taken back. Raises `WrongMove`."""
    if not VERBS[job.verb].undoable:
        able = ", ".join(verb.name for verb in VERBS.values() if verb.undoable)
        raise WrongMove(f"Job {job.id} is of {job.verb}; only {able} can be undone.")
    if job.state not in ("done", "cancelled"):
        raise WrongMove(f"Job {job.id} is {job.state.replace('_', ' ')}; wait until it is done, or cancel it first.")


async def undoing(jobs: Jobs, job: Job) -> AsyncIterator[Row]:
    """Give a row of `restore` for each number that a job has changed; its line is the one in that job's file."""
    async for row, settled in settled_rows(jobs, job):
        if isinstance(row, Row) and settled.outcome == "accepted":
            yield Row(row.line, row.number, {"version": settled.version})
