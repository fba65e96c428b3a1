"""Jobs and plans in words, and as objects."""

from collections import Counter
from collections.abc import Sequence

from contracts.fields import format_instant
from services.gateway.bulk.showing import shown_job, shown_plan
from services.gateway.domain.job import Job
from services.gateway.domain.plan import Plan
from services.ops.faults import Exit
from services.ops.printing import line, say, table

HELD = ("paused", "awaiting_approval")


def show_job(job: Job, as_json: bool) -> None:
    """Show where a job stands, and what to do next."""
    if as_json:
        line({"job": shown_job(job)})
        return
    counts = ", ".join(f"{many:,} {outcome}" for outcome, many in job.counts.items() if many)
    say(f"Job {job.id}: {job.verb} of {job.rows:,} rows is {job.state.replace('_', ' ')}; {counts or 'none is done'}.")
    if job.codes:
        table(("code", "rows"), Counter(job.codes).most_common())
    if job.note:
        say(job.note)
    if job.state == "awaiting_approval":
        say(f"Somebody other than {job.who} must approve it: numberbank jobs approve {job.id} --actor NAME")
    elif job.codes:
        say(f"Row by row: numberbank jobs result {job.id} --output FILE")


def show_jobs(jobs: Sequence[Job], as_json: bool) -> None:
    """Show many."""
    if as_json:
        for job in jobs:
            line(shown_job(job))
        return
    columns = ("job", "verb", "file", "state", "rows", "done", "accepted", "who", "created", "note")
    table(columns, [_row(job) for job in jobs])


def show_plan(plan: Plan, ignored: Sequence[str], as_json: bool) -> int:
    """Show what would become of the rows; give the exit code."""
    if as_json:
        line({"plan": shown_plan(plan, ignored)})
    else:
        table(("code", "rows", "row", "number", "reason"), _examples(plan))
        counts = {each: f"{plan.outcomes[each]:,}" for each in ("accepted", "rejected", "refused")}
        told = ", ".join(f"{many} {outcome}" for outcome, many in counts.items())
        say(f"{plan.rows:,} rows would come to: {told}. Nothing was sent.")
        if ignored:
            say(f"Columns of no use for this: {', '.join(ignored)}.")
        say(f"To do just this: the same command with --plan {plan.hash} in place of --dry-run.")
    return Exit.ACCEPTED if plan.outcomes["accepted"] == plan.rows else Exit.REJECTED


def exit_of(job: Job) -> int:
    """Give the exit code of a job that was waited for."""
    if job.state in HELD:
        return Exit.NO_ANSWER
    return Exit.ACCEPTED if job.accepted else Exit.REJECTED


def _row(job: Job) -> tuple[object, ...]:
    return (
        job.id, job.verb, job.file, job.state.replace("_", " "), job.rows, job.settled, job.counts.get("accepted", 0),
        job.who, format_instant(job.created), job.note,
    )  # fmt: skip


def _examples(plan: Plan) -> list[tuple[object, ...]]:
    return [
        (code, plan.codes[code] if first else "", each.row, each.number, each.reason)
        for code, some in plan.examples.items()
        for first, each in zip([True] + [False] * len(some), some, strict=False)
    ]
