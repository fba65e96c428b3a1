"""The whole chain: a billing event comes in, provisioning asks inventory, inventory answers, billing hears of it."""

import asyncio
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from contracts.topics import BILLING_EVENTS, PROVISIONING_EVENTS
from tests.bench.bulk import load
from tests.bench.calling import Caller, calling
from tests.bench.envelopes import envelope
from tests.bench.figures import Figure, percentile, ratio
from tests.bench.holds import available, number
from tests.bench.load import PARTITIONS, write
from tests.bench.processes import services
from tests.bench.races import Race
from tests.bench.track import Ground, Track
from tests.bench.waiting import LOOK, watching

ACTIVATED, TERMINATED = "subscription.activated", "subscription.terminated"


async def chain(track: Track) -> list[Figure]:
    """Let a backlog of facts be worked off, then send them at half that rate."""
    ground = await track.cleared()
    many = track.sizes.facts // 2  # subscriptions: each begins, and each ends
    numbers = (number(index) for index in range(many * 2 + PARTITIONS))
    await load(ground.mongo, "inventory.numbers", available(numbers, datetime(2026, 1, 1, tzinfo=UTC)))
    await write(ground.kafka, facts(many), BILLING_EVENTS.name)
    async with (
        watching(ground.kafka, PROVISIONING_EVENTS.name) as answers,
        services(ground.env, "provisioning", "inventory") as (provisioning, inventory),
    ):
        first = await answers.until(1, provisioning)
        started = inventory.cpu
        last = await answers.until(2 * many, provisioning)
        spent = {"provisioning": last.cpu - first.cpu, "inventory": inventory.cpu - started}
        done = last.records - first.records
        rate = done / max(last.at - first.at, LOOK)
        track.say(f"{rate:,.0f} facts/s")
        times = await _at_half_load(track, ground, rate / 2, many)
    return [
        Figure("billing events answered", rate, "events/s"),
        *(Figure(f"{name}, processor", ratio(cpu, done) * 1e6, "us/event") for name, cpu in spent.items()),
        Figure("half load", rate / 2, "events/s"),
        *(Figure(f"at half load, p{share}", percentile(times, share / 100), "ms") for share in (50, 95, 99)),
    ]


def facts(many: int) -> Iterator[tuple[str, bytes]]:
    """Give subject and value of events: subscriptions with one number each begin, then all end."""
    for index in range(many):
        yield f"S-{index}", envelope(f"begin-{index}", ACTIVATED, f"S-{index}", activation(number(index)))
    for index in range(many):
        yield f"S-{index}", envelope(f"end-{index}", TERMINATED, f"S-{index}", {})


def activation(number: str) -> dict[str, Any]:
    """Give the data of a subscription that begins with one number."""
    return {"account": {"org": "acme"}, "product": "did", "numbers": [number]}


async def _at_half_load(track: Track, ground: Ground, rate: float, used: int) -> list[float]:
    """Send subscriptions that begin, evenly; give milliseconds from when each was to be sent to its answer."""
    many = min(used, round(rate * track.sizes.seconds))
    async with calling(ground.kafka, answers=PROVISIONING_EVENTS) as caller:
        return await _evenly(caller, [number(used + index) for index in range(many)], rate)


async def _evenly(caller: Caller, numbers: list[str], rate: float) -> list[float]:
    began = time.perf_counter() + 0.5
    asked = []
    for ordinal, activated in enumerate(numbers):
        at = began + ordinal / rate
        if (early := at - time.perf_counter()) > 0:
            await asyncio.sleep(early)
        data = activation(activated)
        asking = caller.ask(ACTIVATED, f"T-{ordinal}", data, on=BILLING_EVENTS, since=at)
        asked.append(asyncio.create_task(asking))
    return [seconds * 1000 for seconds in await asyncio.gather(*asked)]


RACES = (
    Race("chain", "billing event in, provisioning, inventory, answer out: rate, and latency at half of it", chain),
)
