"""Waiting for a job, with a bar of how far it is."""

import asyncio
from collections.abc import Callable

from services.chassis.errors import StoreTrouble
from services.gateway.bulk.jobs import Jobs
from services.gateway.domain.job import ENDED, Job
from services.ops.bulk.ordering import jobs_at
from services.ops.bulk.telling import HELD
from services.ops.exporting.exporting import Step
from services.ops.printing import say
from services.ops.settings import StackSettings

LOOK = 0.3  # seconds between looks
TRIES = 10  # before MongoDB is called away


async def watch(settings: StackSettings, id: str, show: Callable[[Step], None]) -> Job:
    """Give the job when it has ended, or somebody has to act. Raises `Unusable`, `WrongUsage`."""
    with jobs_at(settings) as jobs:
        try:
            return await _watched(jobs, id, show)
        except asyncio.CancelledError:
            say(f"The job goes on without you: numberbank jobs show {id}")
            raise


async def _seen(jobs: Jobs, id: str) -> Job:
    """Give the job, also where MongoDB is away for a moment. Raises `StoreTrouble`."""
    for _ in range(TRIES):
        try:
            return await jobs.get(id)
        except StoreTrouble:
            await asyncio.sleep(1)
    return await jobs.get(id)


async def _watched(jobs: Jobs, id: str, show: Callable[[Step], None]) -> Job:
    before = None
    while (job := await _seen(jobs, id)).state not in (*ENDED, *HELD):
        if job.settled != before:
            show(Step(job.settled, job.rows, approximate=False))
            before = job.settled
        await asyncio.sleep(LOOK)
    show(Step(job.settled, job.rows, approximate=False))
    return job
