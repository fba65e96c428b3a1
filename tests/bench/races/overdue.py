"""After a downtime everything is due at once: it is drained in order of due time, and commands do not starve."""

import asyncio
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from aiokafka import TopicPartition
from pydantic_core import from_json

from contracts.fields import EARLIEST, parse_instant
from contracts.topics import LIFECYCLE_EVENTS
from services.ops.connection import consumer
from tests.bench.bulk import load
from tests.bench.calling import Caller, calling, numbers_in
from tests.bench.figures import Figure, percentile
from tests.bench.holds import number, reserved, timers
from tests.bench.load import PARTITIONS
from tests.bench.processes import services
from tests.bench.races import Race
from tests.bench.track import Ground, Track
from tests.bench.waiting import Watch, watching

DOWN = timedelta(hours=6)  # how long nothing has run
PAUSE = 0.05  # seconds between calls


async def overdue(track: Track) -> list[Figure]:
    """Let holds end that were over while nothing ran, and send single commands meanwhile."""
    ground, many = await track.cleared(), track.sizes.overdue
    began = datetime.now(UTC).replace(microsecond=0) - DOWN
    step = timedelta(milliseconds=DOWN // timedelta(milliseconds=1) // (many + 1))

    def ends() -> Iterator[tuple[str, datetime, datetime]]:
        return ((number(index), began + index * step, began + index * step) for index in range(many))

    await load(ground.mongo, "inventory.numbers", reserved(ends(), began - timedelta(days=28)))
    await load(ground.mongo, "lifecycle-timer.timers", timers(ends(), told=True))
    async with services(ground.env, "inventory") as (inventory,), calling(ground.kafka) as caller:
        numbers = numbers_in(range(PARTITIONS), 40)
        await caller.join(numbers)
        before = await _calls(caller, numbers, track.sizes.seconds / 2)
        async with (
            services(ground.env, "lifecycle-timer") as (timer,),
            watching(ground.kafka, LIFECYCLE_EVENTS.name) as ended,
        ):
            started = time.monotonic()
            during = await _calls_until(caller, numbers, ended, many)
            seconds = time.monotonic() - started
            memory = timer.peak, inventory.peak
    return [
        Figure("holds over at once", many),
        Figure("ended and announced", many / seconds, "holds/s"),
        Figure("out of order, of all", await _out_of_order(ground), at_most=0),
        *(Figure(f"command before, p{share}", percentile(before, share / 100), "ms") for share in (50, 95)),
        *(Figure(f"command meanwhile, p{share}", percentile(during, share / 100), "ms") for share in (50, 95, 99)),
        Figure("longest wait of a command meanwhile", max(during) / 1000, "s", at_most=5.0),
        Figure("lifecycle-timer, memory at most", memory[0], "MB"),
        Figure("inventory, memory at most", memory[1], "MB"),
    ]


async def _calls(caller: Caller, numbers: list[str], seconds: float) -> list[float]:
    ending, times = time.monotonic() + seconds, []
    while time.monotonic() < ending:
        times.append(await caller.turn(numbers[len(times) % len(numbers)]) * 1000)
        await asyncio.sleep(PAUSE)
    return times


async def _calls_until(caller: Caller, numbers: list[str], ended: Watch, many: int) -> list[float]:
    """Send calls until so many holds have ended. Raises `TimeoutError` when a call is not answered."""
    times: list[float] = []
    while await ended.count() < many:
        times += await _calls(caller, numbers, 0.5)
    return times


async def _out_of_order(ground: Ground) -> int:
    """Count the ends that were announced after a later one in the same lane."""
    places = [TopicPartition(LIFECYCLE_EVENTS.name, partition) for partition in range(PARTITIONS)]
    latest, wrong = dict.fromkeys(range(PARTITIONS), EARLIEST), 0
    async with consumer(ground.kafka) as reader:
        reader.assign(places)
        ends = await reader.end_offsets(places)
        while any([await reader.position(place) < ends[place] for place in places]):
            for place, records in (await reader.getmany(timeout_ms=200)).items():
                for record in records:
                    until = parse_instant(from_json(record.value)["data"]["until"])
                    wrong += until < latest[place.partition]
                    latest[place.partition] = until
    return wrong


RACES = (
    Race(
        "overdue",
        "holds that were over while nothing ran: drained in order, commands answered meanwhile",
        overdue,
        1800,
    ),
)
