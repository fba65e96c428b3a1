"""Files of numbers: how fast a job adds them, through the gateway and inventory and back into the views."""

import asyncio
import io
import time
from collections.abc import Sequence
from statistics import median
from typing import NamedTuple

from services.chassis.clock import SystemClock
from services.chassis.mongo import MongoStore
from services.gateway.bulk.clerk import Clerk
from services.gateway.bulk.files.reading import Reading
from services.gateway.bulk.jobs import Jobs
from services.gateway.bulk.submitting import Order
from services.gateway.domain.verb import VERBS
from tests.bench.contenders import compete
from tests.bench.figures import Figure, ratio
from tests.bench.load import ADD, Backlog
from tests.bench.processes import Running, services
from tests.bench.races import Race
from tests.bench.track import Ground, Track
from tests.bench.waiting import LOOK

SHARE = 3  # how many times fewer rows than commands elsewhere
PATIENCE = 60.0  # seconds without any row


class Pace(NamedTuple):
    """Rows a second: read, judged and stored; and carried out. Microseconds of processor a row of each service."""

    stored: float
    done: float
    inventory: float
    gateway: float


async def bulk_jobs(track: Track) -> list[Figure]:
    """Let a job add numbers, and bare clients do as many commands as inventory has to."""
    rows = track.sizes.commands // SHARE
    records = list((backlog := Backlog(min(1_000, rows), rows)).records())
    bare, paces = list[float](), list[Pace]()
    for _ in range(track.sizes.rounds):
        bare.append((await compete(track, "ceiling", records, backlog.numbers)).rate)
        paces.append(await _pace(await track.cleared(), rows))
        track.say(f"job: {paces[-1].done:,.0f} rows/s")
    middle = Pace(*(median(values) for values in zip(*paces, strict=True)))
    return [
        Figure("ceiling of inventory", median(bare), "commands/s"),
        Figure("rows stored", middle.stored, "rows/s"),
        Figure("rows carried out", middle.done, "rows/s"),
        Figure("inventory, processor", middle.inventory, "us/row"),
        Figure("gateway, processor", middle.gateway, "us/row"),
        Figure("job to ceiling", ratio(middle.done, median(bare)), at_least=0.5),
    ]


async def _pace(ground: Ground, rows: int) -> Pace:
    async with services(ground.env, "inventory", "gateway") as both:
        store = MongoStore(ground.mongo, "gateway")
        try:
            jobs, began, before = Jobs(store), time.monotonic(), [each.cpu for each in both]
            job = await _submitted(jobs, rows)
            ready = time.monotonic()
            await _done(jobs, job, both)
            spent = [each.cpu - cpu for each, cpu in zip(both, before, strict=True)]
        finally:
            store.close()
    costs = [ratio(each, rows) * 1e6 for each in spent]
    return Pace(rows / (ready - began), rows / max(time.monotonic() - ready, LOOK), costs[0], costs[1])


async def _submitted(jobs: Jobs, rows: int) -> str:
    table = b"number\n" + b"".join(b"+6531%06d\n" % index for index in range(rows))
    verb = VERBS["add"]
    reading = Reading(io.BytesIO(table), "csv", verb, ADD)
    clerk = Clerk(jobs, SystemClock(), deletes=0, strict=False)
    return (await clerk.submit(Order(verb, "numbers.csv", "bench", ADD), reading, lambda: reading.sha256)).id


async def _done(jobs: Jobs, id: str, both: Sequence[Running]) -> None:
    """Wait until all rows are accepted. Raises `RuntimeError` when they never are."""
    settled, moved = 0, time.monotonic()
    while (job := await jobs.get(id)).state != "done":
        if job.settled != settled:
            settled, moved = job.settled, time.monotonic()
        if time.monotonic() - moved > PATIENCE or any(each.ended for each in both):
            raise RuntimeError(f"The job came to rest at {settled} of {job.rows} rows.")
        await asyncio.sleep(LOOK)
    if not job.accepted:
        raise RuntimeError(f"Not all rows were accepted: {dict(job.codes)}")


RACES = (Race("bulk jobs", "a job that adds numbers, beside the ceiling of inventory", bulk_jobs),)
