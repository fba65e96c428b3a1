"""What takes jobs, in every gateway: one that nobody has is leased and carried out, some at a time."""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from services.chassis.beside import beside
from services.chassis.errors import StoreTrouble
from services.gateway.bulk.carrying import Carrying, Means
from services.gateway.bulk.jobs import NoSuchJob, real_now
from services.gateway.bulk.turns import SILENCE, LeaseLost, given_up, leased, let_go
from services.gateway.domain.job import Job, needs_approval

log = logging.getLogger(__name__)

AT_ONCE = 4  # jobs: a large one does not keep small ones waiting
LONG = timedelta(hours=12)  # half of the time in which inventory knows repeats
LOOK = 0.5  # seconds between looks for jobs
GRACE = 2.0  # seconds to leave


@dataclass
class Runner:
    """Carries out jobs. `deletes`: so many may be deleted without a second pair of eyes."""

    means: Means
    deletes: int
    _tasks: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    _signs: dict[str, tuple[datetime | None, float]] = field(default_factory=dict)  # of submissions, and when seen

    async def run(self) -> None:
        """Take jobs until cancelled; those in hand are left then, and taken by another gateway."""
        try:
            while True:
                await self._look()
                await asyncio.sleep(LOOK)
        finally:
            await self._let_go()

    async def _let_go(self) -> None:
        """Leave all jobs to others, at once where MongoDB answers, else when their leases are over."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        owner = self.means.owner
        with suppress(TimeoutError):
            async with asyncio.timeout(GRACE):
                left = (self.means.jobs.change(id, lambda job: let_go(job, owner)) for id in self._tasks)
                await asyncio.gather(*left, return_exceptions=True)

    async def _look(self) -> None:
        self._tasks = {id: task for id, task in self._tasks.items() if not _is_over(task)}
        try:
            jobs = await self.means.jobs.at_work()
            await self._give_up([job for job in jobs if job.state == "receiving"])
            for job in jobs:
                free = job.state != "receiving" and len(self._tasks) < AT_ONCE and job.id not in self._tasks
                if free and (not _was_left(job) or await self.means.level()):
                    await self._take(job)
        except StoreTrouble as trouble:
            self._signs.clear()  # nobody could stir meanwhile
            log.warning("no look for jobs", extra={"trouble": repr(trouble)})
        except Exception:
            log.exception("no look for jobs")  # a defect: whoever mends it need not start all gateways anew

    async def _give_up(self, receiving: Sequence[Job]) -> None:
        """Refuse submissions without a new sign of life for long, by the clock of this process: theirs may be wrong."""
        now, before = asyncio.get_running_loop().time(), self._signs
        self._signs = {job.id: (job.stirred, now) for job in receiving}
        self._signs |= {id: seen for id, seen in before.items() if id in self._signs and seen[0] == self._signs[id][0]}
        for id, (sign, since) in self._signs.items():
            if now - since > SILENCE:
                with suppress(NoSuchJob):  # it is forgotten in this moment
                    job = await self.means.jobs.change(id, lambda job, sign=sign: given_up(job, sign))  # type: ignore[misc]
                    log.warning("submission is silent", extra={"job": id, "state": job.state})

    async def _take(self, job: Job) -> None:
        try:
            taken = await self.means.jobs.change(job.id, self._leased)
        except (LeaseLost, NoSuchJob):
            return
        if taken.owner == self.means.owner:
            self._tasks[job.id] = asyncio.create_task(Carrying(taken, self.means).run(), name=f"job {job.id}")

    def _leased(self, job: Job) -> Job:
        if job.state == "ready" and needs_approval(job, self.deletes):  # this gateway is stricter than who made it
            return replace(job, state="awaiting_approval")
        return leased(job, self.means.owner)


def running(runner: Runner) -> AbstractAsyncContextManager["asyncio.Task[None]"]:
    """Take jobs while inside."""
    return beside(runner.run(), "jobs")


def _was_left(job: Job) -> bool:
    """Tell whether nobody has a job whose commands may have been under way for longer than inventory knows them."""
    now = real_now()
    had = job.leased_until is not None and job.leased_until > now
    return not had and job.sent > job.next and job.stirred is not None and now - job.stirred > LONG


def _is_over(task: "asyncio.Task[None]") -> bool:
    """Tell whether a task has ended; a defect is logged, and its job is taken again when its lease is over."""
    if task.done() and not task.cancelled() and (error := task.exception()) is not None:
        log.error("job fails", exc_info=error)
    return task.done()
