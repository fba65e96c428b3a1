"""`numberbank jobs`: what became of files, and what is to become of them."""

import asyncio
import sys
from pathlib import Path
from typing import BinaryIO

import click

from services.gateway.bulk.jobs import Jobs
from services.gateway.bulk.results import written
from services.gateway.domain.job import Job
from services.gateway.domain.plan import Plan
from services.gateway.domain.row import WrongFile
from services.ops.bulk.ordering import BulkSettings, clerk, who_asks, with_jobs
from services.ops.bulk.telling import exit_of, show_job, show_jobs, show_plan
from services.ops.bulk.watching import watch
from services.ops.commands.bulk import ACTOR, DRY_RUN, HASH, JSON, WAIT, said
from services.ops.exporting.progress import progress
from services.ops.faults import Exit, WrongUsage
from services.ops.printing import say

JOB = click.argument("id", metavar="JOB")
ONE = click.option("--json", "as_json", is_flag=True, help="one object a line on standard output")
MOVES = {
    "pause": "Let what is in flight come to its end, and hold the rest back.",
    "resume": "Go on with a job that was paused.",
    "cancel": "Let what is in flight come to its end, and drop the rest.",
    "approve": "Let a job run that deletes many numbers; not who made it may do this.",
}


@click.group(epilog="Example: numberbank jobs list", short_help="See how files come along; stop or undo them.")
def jobs() -> None:
    """See how files of numbers come along; pause, cancel or undo them.

    Jobs are made by numberbank import, and kept for thirty days.
    """


@jobs.command("list", epilog="Example: numberbank jobs list --limit 5")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="jobs to show")
@ONE
def list_(limit: int, as_json: bool) -> None:
    """Show the latest jobs, the newest first."""
    show_jobs(with_jobs(BulkSettings.load(), lambda jobs: jobs.latest(limit)), as_json)


@jobs.command(epilog="Example: numberbank jobs show 3f9ac2d41b07")
@JOB
@click.option("--wait", is_flag=True, help="wait until it is done")
@ONE
def show(id: str, wait: bool, as_json: bool) -> int:
    """Show how far a job is, and what its rows came to."""
    settings = BulkSettings.load()
    if not wait:
        show_job(with_jobs(settings, lambda jobs: jobs.get(id)), as_json)
        return Exit.ACCEPTED
    with progress(as_json) as shown:
        job = asyncio.run(watch(settings, id, shown))
    show_job(job, as_json)
    return exit_of(job)


@jobs.command(epilog="Example: numberbank jobs result 3f9ac2d41b07 --output result.csv")
@JOB
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="file to write; else on the screen")
@ONE
def result(id: str, output: Path | None, as_json: bool) -> None:
    """Write what became of each row, as CSV: row, number, outcome, code, reason.

    Outcomes: accepted, rejected by inventory, refused when read, cancelled; pending while the job is not done.
    """
    settings = BulkSettings.load()
    format = "jsonl" if as_json else "csv"
    if output is None:
        with_jobs(settings, lambda jobs: _write(jobs, id, format, sys.stdout.buffer))
        return
    try:
        with open(output, "wb") as file:
            job = with_jobs(settings, lambda jobs: _write(jobs, id, format, file))
    except OSError as error:
        raise WrongUsage(f"--output: {output} cannot be written ({error.strerror}); name another file.") from None
    say(f"{job.rows:,} rows in {output}.")


@jobs.command(epilog="Example: numberbank jobs undo 3f9ac2d41b07 --dry-run")
@JOB
@click.option("--remark", help="why; else that it undoes this job")
@DRY_RUN
@HASH
@WAIT
@ACTOR
@JSON
def undo(
    id: str, remark: str | None, dry_run: bool, plan: str | None, wait: bool, actor: str | None, as_json: bool
) -> int:
    """Take a job back that released, deleted, locked or unlocked, for 24 hours.

    Numbers that somebody has touched since are left as they are, and rejected one by one.
    """
    settings = BulkSettings.load()
    if dry_run and plan is not None:
        raise WrongUsage("--dry-run and --plan contradict each other: the one gives the hash, the other wants it.")
    with progress(as_json) as shown:
        try:
            if dry_run:
                return show_plan(with_jobs(settings, lambda jobs: _undo_shown(settings, jobs, id, remark)), (), as_json)
            who = who_asks(settings, actor)
            job = with_jobs(settings, lambda jobs: _undo(settings, jobs, id, who, remark, plan))
        except WrongFile as error:
            return said(error, as_json)
        if wait:
            job = asyncio.run(watch(settings, job.id, shown))
    show_job(job, as_json)
    return exit_of(job) if wait else Exit.ACCEPTED


async def _undo_shown(settings: BulkSettings, jobs: Jobs, id: str, remark: str | None) -> Plan:
    return await clerk(settings, jobs).preview_undo(await jobs.get(id), remark)


async def _undo(settings: BulkSettings, jobs: Jobs, id: str, who: str, remark: str | None, plan: str | None) -> Job:
    return await clerk(settings, jobs).undo(await jobs.get(id), who, remark, plan)


async def _write(jobs: Jobs, id: str, format: str, file: BinaryIO) -> Job:
    job = await jobs.get(id)
    async for part in written(jobs, job, format):
        file.write(part)
    file.flush()
    return job


def _move(name: str, about: str) -> click.Command:
    @click.command(name, help=about, epilog=f"Example: numberbank jobs {name} 3f9ac2d41b07")
    @JOB
    @ACTOR
    @ONE
    def move(id: str, actor: str | None, as_json: bool) -> None:
        settings = BulkSettings.load()
        show_job(with_jobs(settings, lambda jobs: jobs.move(id, name, who_asks(settings, actor))), as_json)

    return move


for _name, _about in MOVES.items():
    jobs.add_command(_move(_name, _about))
