"""Jobs and plans as programs see them."""

from collections.abc import Iterable
from typing import Any

from contracts.fields import format_instant
from services.gateway.domain.job import Job
from services.gateway.domain.plan import Plan


def shown_job(job: Job) -> dict[str, Any]:
    """Give what is known of a job."""
    return {
        "job": job.id,
        "verb": job.verb,
        "file": job.file,
        "state": job.state,
        "rows": job.rows,
        "settled": job.settled,
        "outcomes": dict(job.counts),
        "codes": dict(job.codes),
        "note": job.note,
        "who": job.who,
        "approved_by": job.approved_by,
        "undoes": job.of,
        "plan": job.plan,
        "sha256": job.sha256,
        "created": format_instant(job.created),
        "finished": None if job.finished is None else format_instant(job.finished),
    }


def shown_plan(plan: Plan, ignored: Iterable[str] = ()) -> dict[str, Any]:
    """Give what rows would come to. `ignored`: columns that are of no use."""
    return {
        "hash": plan.hash,
        "rows": plan.rows,
        "outcomes": dict(plan.outcomes),
        "codes": dict(plan.codes),
        "examples": {code: [each._asdict() for each in some] for code, some in plan.examples.items()},
        "ignored": sorted(ignored),
    }
