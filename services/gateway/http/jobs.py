"""Jobs over HTTP: how they come along, what became of each row, and what people want of them."""

from contextlib import aclosing
from functools import partial
from typing import NoReturn

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from contracts.fields import Remark
from services.gateway.bulk.jobs import NoSuchJob
from services.gateway.bulk.results import written
from services.gateway.bulk.showing import shown_job, shown_plan
from services.gateway.bulk.submitting import PlanChanged
from services.gateway.domain import Scope, Token
from services.gateway.domain.job import Job, WrongMove
from services.gateway.domain.row import WrongFile
from services.gateway.http.answers import said
from services.gateway.http.conditions import IDEMPOTENCY_KEY, repeat_of
from services.gateway.http.desk import Desk
from services.gateway.http.exporting import TYPES
from services.gateway.http.making import MADE, MOVED, made
from services.gateway.http.offer import Answer, Body, Offer, Parameter
from services.gateway.http.problems import Kind, Problem, invalid
from services.gateway.http.reading import body_of, only, queried, read, whole
from services.gateway.http.shapes import JobList, JobShown, PlanShown
from services.gateway.http.streaming import Parts, Slots, started
from services.gateway.http.uploading import PLAN_CHANGED, WRONG_FILE, WRONG_MOVE

UNKNOWN_JOB = Kind(404, "unknown_job", "There is no such job")
AT_ONCE, EACH = 4, 2  # results of a process, and of a token in it
MOVES: dict[str, Scope] = {"pause": "bulk", "resume": "bulk", "cancel": "bulk", "approve": "admin"}
_TYPES = {format: TYPES[format] for format in ("csv", "jsonl")}
_JOB: Parameter = {
    "name": "job",
    "in": "path",
    "required": True,
    "schema": {"type": "string"},
    "example": "3f9ac2d41b07",
}
_LIMIT: Parameter = {
    "name": "limit", "in": "query", "description": "jobs to list",
    "schema": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 50},
}  # fmt: skip
_FORMAT: Parameter = {
    "name": "format", "in": "query", "schema": {"type": "string", "enum": list(_TYPES), "default": "csv"},
    "description": "of the result",
}  # fmt: skip


class Undo(BaseModel):
    """How a job is taken back. Example: `{"remark": "wrong file", "dry_run": true}`."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    remark: Remark | None = Field(None, description="why; absent: that it undoes this job")
    dry_run: bool = Field(False, description="tell what would become of it, and send nothing")
    plan: str | None = Field(
        None, max_length=64, description="hash of a dry run: only if all comes out as it has shown"
    )


class JobsOverHttp:
    """Shows jobs, and does with them what is asked. They are for operators."""

    def __init__(self, desk: Desk) -> None:
        self._desk, self._jobs = desk, desk.clerk.jobs
        self._slots = Slots(AT_ONCE, EACH, "results", desk.figures.streams)

    async def all(self, request: Request, token: Token) -> Response:
        """Answer with the latest jobs."""
        self._allowed(token)
        limit = whole(queried(request, ("limit",)), "limit", 1, 1000, 50)
        return said({"jobs": [shown_job(job) for job in await self._jobs.latest(limit)]})

    async def show(self, request: Request, token: Token) -> Response:
        """Answer with a job."""
        queried(request, ())
        return said(shown_job(await self._job(request, token)))

    async def result(self, request: Request, token: Token) -> Response:
        """Answer with a line for each row."""
        asked = only(queried(request, ("format",)), "format")
        format = "csv" if asked is None else asked
        if format not in _TYPES:
            raise invalid("format", f"must be one of {', '.join(_TYPES)}")
        job = await self._job(request, token)
        headers = {"Content-Disposition": f'attachment; filename="{job.id}.{format}"', "Cache-Control": "no-store"}
        try:
            return await started(request, self._rows(job, format, token), _TYPES[format], headers)
        except NoSuchJob as error:  # it is forgotten in this moment
            _refuse(error)

    async def _rows(self, job: Job, format: str, token: Token) -> Parts:
        with self._slots.taken(token.id):
            async with aclosing(written(self._jobs, job, format)) as parts:
                async for part in parts:
                    yield part

    async def move(self, move: str, request: Request, token: Token) -> Response:
        """Answer with the job as it is then."""
        queried(request, ())
        job = await self._job(request, token)
        try:
            repeat = repeat_of(request, token, move, job.id)
            return await made(self._desk, repeat, lambda: self._jobs.move(job.id, move, token.name, repeat), 200)
        except (WrongMove, NoSuchJob) as error:
            _refuse(error)

    async def undo(self, request: Request, token: Token) -> Response:
        """Answer with the job that takes this one back, or with what that would come to."""
        queried(request, ())
        job, wish = await self._job(request, token), read(Undo, await body_of(request))
        try:
            if wish.dry_run:
                return said(shown_plan(await self._desk.clerk.preview_undo(job, wish.remark)))
            repeat = repeat_of(request, token, "undo", job.id, wish.model_dump_json())
            undo = partial(self._desk.clerk.undo, job, token.name, wish.remark, wish.plan, repeat)
            return await made(self._desk, repeat, undo)
        except (WrongMove, WrongFile, NoSuchJob) as error:
            _refuse(error)

    async def _job(self, request: Request, token: Token) -> Job:
        self._allowed(token)
        try:
            return await self._jobs.get(request.path_params["job"])
        except NoSuchJob as error:
            _refuse(error)

    def _allowed(self, token: Token) -> None:
        if token.org is not None:
            raise self._desk.admission.refused(token, "Jobs are for operators; ask one of them.")

    def offers(self) -> tuple[Offer, ...]:
        """Give what may be asked."""
        return (
            Offer("GET", "/jobs", self.all, "bulk", "List jobs", {200: JobList}, (_LIMIT,)),
            Offer("GET", "/jobs/{job}", self.show, "bulk", "Show a job", {200: JobShown}, (_JOB,), problems=(404,)),
            Offer(
                "GET", "/jobs/{job}/result", self.result, "bulk", "Show what became of each row", {200: None},
                (_JOB, _FORMAT), problems=(404,), media=("text/csv", "application/jsonl"),
            ),
            *(
                Offer(
                    "POST", f"/jobs/{{job}}/{move}", self._moving(move), scope, f"{move.capitalize()} a job",
                    {200: JobShown}, (_JOB, IDEMPOTENCY_KEY), problems=(404, 409), headers={200: MOVED},
                )
                for move, scope in MOVES.items()
            ),
            Offer(
                "POST", "/jobs/{job}/undo", self.undo, "bulk", "Undo a job", {201: JobShown, 200: PlanShown},
                (_JOB, IDEMPOTENCY_KEY), Body(Undo, {"remark": "wrong file", "dry_run": True}), (404, 409),
                headers={201: MADE},
                about="Of release, delete, lock and unlock, for 24 hours; numbers touched since are left as they are.",
            ),
        )  # fmt: skip

    def _moving(self, move: str) -> Answer:
        return partial(self.move, move)


def _refuse(error: Exception) -> NoReturn:
    kinds: dict[type[Exception], Kind] = {NoSuchJob: UNKNOWN_JOB, WrongMove: WRONG_MOVE, PlanChanged: PLAN_CHANGED}
    raise Problem(kinds.get(type(error), WRONG_FILE), f"{error}") from None
