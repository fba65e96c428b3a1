"""Takes orders at every edge: a file or a job to be taken back becomes a job, or the preview of one."""

from collections.abc import Callable
from dataclasses import dataclass

from services.chassis.clock import Clock
from services.gateway.bulk.foreseeing import AnyRows, Foreseer, in_chunks
from services.gateway.bulk.jobs import Jobs
from services.gateway.bulk.submitting import Order, Submission
from services.gateway.bulk.undoing import RESTORE, check_undoable, undoing
from services.gateway.domain.job import Job
from services.gateway.domain.plan import Plan
from services.gateway.repeats import Repeat


@dataclass(frozen=True)
class Clerk:
    """Makes jobs. `deletes`: so many a job may delete without approval; `strict`: as inventory takes numbers."""

    jobs: Jobs
    clock: Clock
    deletes: int
    strict: bool

    async def submit(self, order: Order, rows: AnyRows, sha256: Callable[[], str | None]) -> Job:
        """Give the job; `sha256` is asked when all is read. Raises as `Submission` does."""
        return await Submission(self.jobs, self._foreseer(order), self.deletes).of(order, rows, sha256)

    async def preview(self, order: Order, rows: AnyRows) -> Plan:
        """Give what it would come to. Raises `WrongFile`, `StoreTrouble`."""
        foreseer = self._foreseer(order)
        async for some in in_chunks(rows):
            await foreseer.of(some)
        return foreseer.plan

    async def undo(self, job: Job, who: str, remark: str | None, plan: str | None, repeat: Repeat | None = None) -> Job:
        """Give the job that takes another one back. Raises `WrongMove`, and as `Submission` does."""
        check_undoable(job)
        return await self.submit(_undoing(job, who, remark, plan, repeat), undoing(self.jobs, job), lambda: None)

    async def preview_undo(self, job: Job, remark: str | None) -> Plan:
        """Give what it would come to to take a job back. Raises `WrongMove`, `StoreTrouble`."""
        check_undoable(job)
        return await self.preview(_undoing(job, "", remark, None), undoing(self.jobs, job))

    def _foreseer(self, order: Order) -> Foreseer:
        return Foreseer(self.jobs.store, self.clock, order.verb, order.common, self.strict, order.force)


def _undoing(job: Job, who: str, remark: str | None, plan: str | None, repeat: Repeat | None = None) -> Order:
    common = {"remark": remark or f"undo of job {job.id}"}
    return Order(RESTORE, job.file, who, common, plan, of=job.id, repeat=repeat)
