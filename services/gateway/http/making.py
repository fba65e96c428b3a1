"""Jobs that are made or moved over HTTP, once under each key, and shown."""

from collections.abc import Awaitable, Callable, Mapping

from starlette.responses import Response

from services.chassis.errors import Conflict
from services.gateway.bulk.showing import shown_job
from services.gateway.bulk.submitting import PlanChanged
from services.gateway.domain.job import Job
from services.gateway.http.answers import said
from services.gateway.http.desk import Desk
from services.gateway.http.problems import key_reused
from services.gateway.repeats import KeyTaken, Repeat

CREATED = 201
MADE = ("Location", "Idempotency-Replayed")  # headers of the answer
MOVED = ("Idempotency-Replayed",)


async def made(
    desk: Desk, repeat: Repeat | None, make: Callable[[], Awaitable[Job]], status: int = CREATED
) -> Response:
    """Answer with the job that `make` gives, or with the one that it gave under the same key, as it is now.

    Raises `Problem`, and what `make` raises; `Conflict` when the key is forgotten in this moment.
    """
    if repeat is None:
        return _answer(await make(), status)
    if (known := await _known(desk, repeat)) is None:
        try:
            return _answer(await make(), status)
        except (KeyTaken, PlanChanged) as error:  # it was sent twice, and the other one was faster: perhaps it is done
            known = await _known(desk, repeat)
            if known is None and isinstance(error, PlanChanged):
                raise
    if known is None:
        raise Conflict
    return _answer(known, status, {"Idempotency-Replayed": "true"})


async def _known(desk: Desk, repeat: Repeat) -> Job | None:
    if (known := await desk.commands.repeats.job(repeat.id)) is None:
        return None
    request, job = known
    if request != repeat.request or job is None:
        raise key_reused()
    return await desk.clerk.jobs.get(job)


def _answer(job: Job, status: int, headers: Mapping[str, str] | None = None) -> Response:
    where = {"Location": f"/v1/jobs/{job.id}"} if status == CREATED else {}
    return said(shown_job(job), status, {**where, **(headers or {})})
