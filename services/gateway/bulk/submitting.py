"""Rows become a job: they are read, judged and stored, and only when all are there may it run."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from services.chassis.beside import beside
from services.gateway.bulk.chunks import Chunk
from services.gateway.bulk.foreseeing import AnyRows, Foreseer, Rows, in_chunks
from services.gateway.bulk.jobs import Jobs, new_id, real_now
from services.gateway.bulk.turns import BROKE_OFF, stirred
from services.gateway.domain.foresight import NEEDS_FORCE, Foreseen
from services.gateway.domain.job import Job, WrongMove, needs_approval
from services.gateway.domain.row import SAID, Refused, Row, WrongFile, cut
from services.gateway.domain.verb import Verb
from services.gateway.repeats import KeyTaken, Repeat

log = logging.getLogger(__name__)

GRACE = 5.0  # seconds to say why a submission broke off
STIR = 30.0  # seconds between signs that its rows still come


class PlanChanged(WrongFile):
    """The rows would come out otherwise than in the plan. Code `plan_changed`."""


@dataclass(frozen=True)
class Order:
    """What is to be done. `plan`: only if it comes out so; `of`: the job that this one undoes; `repeat`: only once."""

    verb: Verb
    file: str
    who: str
    common: Mapping[str, Any] = field(default_factory=dict)
    plan: str | None = None
    of: str | None = None
    force: bool = False  # recover also what others may use
    repeat: Repeat | None = None

    @property
    def looks_ahead(self) -> bool:
        """Whether rows are looked up before they are stored."""
        return self.plan is not None or self.verb.command == "number.recover"


@dataclass
class Submission:
    """Stores the rows of an order. `deletes`: so many may be deleted without a second pair of eyes."""

    jobs: Jobs
    foreseer: Foreseer
    deletes: int

    async def of(self, order: Order, rows: AnyRows, sha256: Callable[[], str | None]) -> Job:
        """Give the job, ready or awaiting approval. Raises `WrongFile`, `PlanChanged`, `WrongMove`, `StoreTrouble`.

        Raises `KeyTaken` where the same order came twice: its key is bound to the one that may run, and to no other.
        `sha256`: of the file, called when all is read. A submission that fails, or whose sender is gone, leaves a
        refused job that says why, if MongoDB answers.
        """
        job = Job(
            new_id(), order.verb.name, order.file, order.who, real_now(), order.common, plan=order.plan, of=order.of
        )
        try:
            await self.jobs.add(job)
            async with beside(self._stir(job), "signs of life"):
                complete = await self._stored(job, order, rows)
            if order.plan is not None and self.foreseer.plan.hash != order.plan:
                raise PlanChanged("plan_changed: the rows would come out otherwise now; look at them with --dry-run.")
            complete = replace(complete, sha256=sha256())
            return await self.jobs.change(job.id, lambda job: self._ready(job, complete), order.repeat)
        except BaseException as error:
            await self._refuse(job, str(error) if isinstance(error, WrongFile | KeyTaken) else BROKE_OFF)
            raise

    async def _refuse(self, job: Job, why: str) -> None:
        def refused(now: Job) -> Job:
            ended = replace(now, state="refused", note=cut(why, SAID), finished=real_now())
            return ended if now.state == "receiving" else now

        with suppress(Exception):  # it is known already that something is wrong
            async with asyncio.timeout(GRACE):
                await self.jobs.change(job.id, refused)

    async def _stir(self, job: Job) -> None:
        """Give signs of life, however slowly rows come: a job without them is given up."""
        while True:
            await asyncio.sleep(STIR)
            try:
                await self.jobs.change(job.id, stirred)
            except Exception as error:  # noqa: BLE001 - the next sign may come through, and the rows are not concerned
                log.warning("no sign of life of a submission", extra={"job": job.id, "trouble": repr(error)})

    async def _stored(self, job: Job, order: Order, rows: AnyRows) -> Job:
        chunks, total, codes = 0, 0, Counter[str]()
        async for some in in_chunks(rows):
            if order.looks_ahead:
                some = _bound(some, await self.foreseer.of(some), pinned=order.plan is not None)
            await self.jobs.add_chunk(job, Chunk(chunks, some))
            chunks, total = chunks + 1, total + len(some)
            codes.update(row.code for row in some if isinstance(row, Refused))
        if not total:
            raise WrongFile("There is no row; a file has at least one number.")
        counts = {"refused": codes.total()} if codes else {}
        return replace(job, chunks=chunks, rows=total, counts=counts, codes=dict(codes))

    def _ready(self, now: Job, complete: Job) -> Job:
        if now.state != "receiving":
            raise WrongMove(f"Job {now.id} was {now.state} while its rows were stored; submit them again.")
        return replace(complete, state="awaiting_approval" if needs_approval(complete, self.deletes) else "ready")


def _bound(rows: Rows, foreseen: Iterable[Foreseen | None], *, pinned: bool) -> Rows:
    """Bind rows to what was foreseen: those that need force are refused; pinned ones expect the version of the plan."""
    bound = list[Row | Refused]()
    for row, what in zip(rows, foreseen, strict=True):
        if isinstance(row, Row) and what is not None and what.code == NEEDS_FORCE:
            row = Refused.of(row.line, row.number, NEEDS_FORCE, what.reason or "")
        elif isinstance(row, Row) and what is not None and pinned:
            row = row._replace(data={"expected_version": what.version, **row.data})
        bound.append(row)
    return bound
