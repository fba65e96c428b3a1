"""A topic with a million records: nobody's memory grows with it, and the audit reads it within a minute."""

import asyncio
import time
from collections.abc import Iterator

from contracts.fields import format_instant
from contracts.topics import INVENTORY_EVENTS, LIFECYCLE_EVENTS
from services.chassis.clock import SystemClock
from tests.bench.envelopes import envelope
from tests.bench.figures import Figure, ratio
from tests.bench.holds import number
from tests.bench.load import Backlog, write
from tests.bench.processes import ended, services
from tests.bench.races import Race
from tests.bench.track import Ground, Track
from tests.bench.waiting import LOOK, watching

SMALL = 5  # times fewer records than where few wait; so many fill all buffers
READERS = ("lifecycle-timer", "provisioning", "notification")
GROWN = 1.2  # times the memory with few records
AUDITED = 1_000_000 / 60  # events a second


async def backlog(track: Track) -> list[Figure]:
    """Let all services work off few records, then very many; then audit what they did."""
    many = track.sizes.backlog
    few = {}
    ground = await track.cleared()
    few["inventory"], _ = await _worked_off(ground, max(100, many // SMALL))
    few |= await _read_by_others(track, ground, max(100, many // SMALL))
    most = {}
    ground = await track.cleared()
    most["inventory"], rate = await _worked_off(ground, many)
    seconds = await _audited(ground)
    track.say(f"audited in {seconds:.0f} s")
    most |= await _read_by_others(track, ground, many)
    return [
        Figure("backlog", many, "records"),
        Figure("worked off by inventory", rate, "commands/s"),
        *(Figure(f"{name}, memory at most", held, "MB") for name, held in most.items()),
        *(Figure(f"{name}, memory to that with few", ratio(most[name], few[name]), at_most=GROWN) for name in most),
        Figure("audit of all", seconds, "s"),
        Figure("audit", many / seconds, "events/s", at_least=AUDITED),
    ]


async def _worked_off(ground: Ground, many: int) -> tuple[float, float]:
    """Give the most memory that inventory held, and commands a second."""
    numbers = max(1, many // 10)
    await write(ground.kafka, Backlog(numbers, many - numbers).records())
    async with watching(ground.kafka, INVENTORY_EVENTS.name) as answers, services(ground.env, "inventory") as (one,):
        first = await answers.until(1, one)
        last = await answers.until(many, one)
        return one.peak, (last.records - first.records) / max(last.at - first.at, LOOK)


async def _read_by_others(track: Track, ground: Ground, many: int) -> dict[str, float]:
    """Give the most memory that each of the others held, with as many records before it.

    What inventory has said is the backlog of two of them; in that time all have shown what they hold.
    """
    await write(ground.kafka, _notices(many), LIFECYCLE_EVENTS.name)
    async with services(ground.env, *READERS) as readers:
        await asyncio.sleep(track.sizes.seconds)
        held = {name: reader.peak for name, reader in zip(READERS, readers, strict=True)}
    track.say(", ".join(f"{name} {most:.0f} MB" for name, most in held.items()))
    return held


def _notices(many: int) -> Iterator[tuple[str, bytes]]:
    """Give notices for holders without an address."""
    now = format_instant(SystemClock().now())
    for index in range(many):
        data = {
            "number": number(index, 4), "cause": "manual", "placed": 2, "until": "2999-01-01T00:00:00Z",
            "days_left": 7, "charged": False, "holder": {"org": f"org-{index % 1000}", "kind": "customer"},
            "partner": None,
        }  # fmt: skip
        yield number(index, 4), envelope(f"notice-{index}", "hold.expiring", number(index, 4), data, time=now)


async def _audited(ground: Ground) -> float:
    """Give how long `numberbank audit` takes. Raises `RuntimeError` if it finds anything."""
    started = time.monotonic()
    code = await ended(ground.env, ("-m", "services.ops", "audit"))
    if code != 0:
        raise RuntimeError(f"The audit ended with {code}.")
    return time.monotonic() - started


RACES = (Race("backlog", "a topic with very many records: memory of each service, and the audit", backlog, 1200),)
