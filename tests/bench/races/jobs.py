"""Files of numbers: how fast a job adds them, through the gateway and inventory and back into the views."""

import asyncio
import io
import time
from collections import defaultdict
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
from tests.bench.track import Track
from tests.bench.waiting import LOOK

FIRST = 1_000  # numbers that a contender adds before it is looked at
PATIENCE = 60.0  # seconds without any row


class Pace(NamedTuple):
    """Rows a second: read, judged and stored; and carried out. Microseconds of processor a row of each process."""

    stored: float
    done: float
    inventory: float
    gateway: float
    mongod: float


async def bulk_jobs(track: Track) -> list[Figure]:
    """Let a job add numbers; and bare clients, and inventory, when commands to add as many are just there."""
    rows, first = track.sizes.commands, min(FIRST, track.sizes.commands)
    records = list(Backlog(first + rows, 0).records())
    rates, paces = defaultdict[str, list[float]](list), list[Pace]()
    for _ in range(track.sizes.rounds):
        for contender in ("ceiling", "inventory"):
            rates[contender].append((await compete(track, contender, records, first)).rate)
        paces.append(await _pace(track, rows))
        track.say(f"job: {paces[-1].done:,.0f} rows/s")
    ceiling, alone = median(rates["ceiling"]), median(rates["inventory"])
    middle = Pace(*(median(values) for values in zip(*paces, strict=True)))
    return [
        Figure("ceiling of inventory", ceiling, "commands/s"),
        Figure("inventory alone", alone, "commands/s"),
        Figure("rows stored", middle.stored, "rows/s"),
        Figure("rows carried out", middle.done, "rows/s"),
        Figure("inventory, processor", middle.inventory, "us/row"),
        Figure("gateway, processor", middle.gateway, "us/row"),
        Figure("mongod, processor", middle.mongod, "us/row"),
        Figure("job to inventory alone", ratio(middle.done, alone)),
        Figure("job to ceiling", ratio(middle.done, ceiling), at_least=0.5),
    ]


async def _pace(track: Track, rows: int) -> Pace:
    ground = await track.cleared()
    async with services(ground.env, "inventory", "gateway") as both:
        store = MongoStore(ground.mongo, "gateway")
        try:
            spent = lambda: (both[0].cpu, both[1].cpu, track.mongod_cpu)  # noqa: E731
            jobs, began, before = Jobs(store), time.monotonic(), spent()
            job = await _submitted(jobs, rows)
            ready = time.monotonic()
            await _done(jobs, job, both)
            costs = [ratio(cpu - base, rows) * 1e6 for cpu, base in zip(spent(), before, strict=True)]
        finally:
            store.close()
    return Pace(rows / (ready - began), rows / max(time.monotonic() - ready, LOOK), *costs)


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
