"""Load beyond capacity, and a partition full of garbage: what gets slower, what grows, and what does not."""

import asyncio
import itertools
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from services.ops.lagging import left_to_do
from services.ops.settings import ClientSettings
from services.ops.stack import local_stack
from services.ops.topics import create_topics
from tests.chaos.checks import Complaints, audited, records
from tests.chaos.flood import Flood
from tests.chaos.pulse import SERVICES
from tests.integration.bank import PARTITIONS, Bank
from tests.road.worlds import until

EXCESS = 3.0  # times the capacity
WARM, CALM = 8.0, 15.0  # seconds to measure capacity, and each half of the poisoned partition's comparison
SHARE = 0.3  # of the capacity: what the healthy partitions are given then
POISONED = 0
GROWTH = 1.25  # of a service's memory from the first half of the overload to the second, at most
LARGEST = 400.0  # MB


@dataclass
class Overload:
    """What was measured. Rates in records a second, memory in MB."""

    capacity: float = 0.0
    offered: float = 0.0
    answered: float = 0.0
    most_lag: int = 0
    memory: dict[str, dict[str, float]] = field(default_factory=dict)
    drained: float = 0.0  # seconds
    poison: float = 0.0  # garbage that was written while the others went on
    healthy_ratio: float = 0.0  # answers of the other partitions with poison to those without
    audit: dict[str, Any] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)


class Gauge:
    """Reads how much has been answered, and how large the services are."""

    def __init__(self, bank: Bank, consumer: AIOKafkaConsumer) -> None:
        self._bank, self._consumer = bank, consumer
        self.memory: dict[str, list[float]] = {name: [] for name in SERVICES}

    async def answered(self, partitions: set[int]) -> int:
        """Give how many answers there are in partitions."""
        lots = [TopicPartition("inventory.events", part) for part in partitions]
        return sum((await self._consumer.end_offsets(lots)).values())

    async def rate(self, seconds: float, partitions: set[int]) -> float:
        """Give answers a second, over so many seconds."""
        begun, before = time.monotonic(), await self.answered(partitions)
        await asyncio.sleep(seconds)
        return (await self.answered(partitions) - before) / (time.monotonic() - begun)

    async def watch(self) -> None:
        """Sample memory until cancelled."""
        while True:
            for name, running in zip(SERVICES, self._bank.processes, strict=True):
                self.memory[name].append(resident(running.process.pid))
            await asyncio.sleep(1)

    def grown(self) -> Mapping[str, dict[str, float]]:
        """Give the largest size of each service in the first half of what was sampled, and in the second."""
        halves = {name: (sizes[: len(sizes) // 2], sizes[len(sizes) // 2 :]) for name, sizes in self.memory.items()}
        return {name: {"first_half": max(a), "second_half": max(b)} for name, (a, b) in halves.items()}


def resident(pid: int) -> float:
    """Give the resident memory of a process, MB."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 2**20, 1)


async def overload(seconds: float, folder: Path) -> Overload:
    """Overload a bank for so long, let it recover, poison a partition, and audit it."""
    found = Overload()
    with local_stack(environ=os.environ) as stack:
        servers = stack.env["KAFKA_BOOTSTRAP_SERVERS"]
        await create_topics(servers, PARTITIONS)
        consumer = AIOKafkaConsumer(bootstrap_servers=servers)
        async with Bank(stack, folder) as bank:
            for name in SERVICES:
                bank.run(name)
            await asyncio.gather(*(running.until_ready() for running in bank.processes))
            await consumer.start()
            try:
                await _measure(found, bank, Gauge(bank, consumer), seconds)
            finally:
                await consumer.stop()
            await _judge(found, bank, ClientSettings.load(stack.env))
    return found


async def _measure(found: Overload, bank: Bank, gauge: Gauge, seconds: float) -> None:
    flood, everywhere = Flood(bank.producer), set(range(PARTITIONS))
    settings = ClientSettings.load(bank.stack.env)
    warming = asyncio.create_task(flood.pour(everywhere, 1e9, _for(WARM)))
    await asyncio.sleep(WARM / 2)
    found.capacity = round(await gauge.rate(WARM / 2, everywhere))
    await warming
    watching, before, begun = asyncio.create_task(gauge.watch()), flood.written, time.monotonic()
    pouring = asyncio.create_task(flood.pour(everywhere, EXCESS * found.capacity, _for(seconds)))
    found.answered = round(await gauge.rate(seconds, everywhere))
    await pouring
    found.offered = round((flood.written - before) / (time.monotonic() - begun))
    found.memory = dict(gauge.grown())
    found.most_lag = sum(each.left for each in await left_to_do(settings) if each.service == "inventory")
    begun = time.monotonic()
    await until(lambda: _level(settings), 6 * (seconds + WARM) + 60)
    found.drained = round(time.monotonic() - begun, 1)
    watching.cancel()
    await _poisoned(found, flood, gauge)
    await until(lambda: _level(settings), 300)


async def _poisoned(found: Overload, flood: Flood, gauge: Gauge) -> None:
    """Give the healthy partitions a steady load, with and without garbage in the other one."""
    healthy, slices = set(range(PARTITIONS)) - {POISONED}, 4
    pouring = asyncio.create_task(flood.pour(healthy, SHARE * found.capacity, _for(CALM * 2)))
    rates: dict[bool, list[float]] = {False: [], True: []}
    for poisoned in itertools.islice(itertools.cycle((False, True)), slices):
        task = asyncio.create_task(flood.poison(POISONED, _for(CALM * 2 / slices))) if poisoned else None
        rates[poisoned].append(await gauge.rate(CALM * 2 / slices, healthy))
        found.poison += await task if task else 0
    await pouring
    found.poison = round(found.poison / CALM)
    found.healthy_ratio = round(median(rates[True]) / median(rates[False]), 2)


async def _judge(found: Overload, bank: Bank, settings: ClientSettings) -> None:
    complaints = Complaints()
    for running in bank.processes:
        if (code := await running.stop()) != 0:
            complaints.add(f"{running.log.stem} ended with {code}")
    found.audit = await audited(bank.stack.env, complaints)
    async for record in records(settings, ["inventory.events"]):
        if b'"command.rejected"' in record.value:
            complaints.add(f"out of order: {record.value!r}")
    for name, size in found.memory.items():
        if size["second_half"] > min(LARGEST, size["first_half"] * GROWTH):
            complaints.add(f"{name} grew to {size}")
    if found.most_lag <= 0:
        complaints.add("no lag was to be seen")
    if found.offered < 2 * found.answered:
        complaints.add(f"{found.offered} records a second were no overload for {found.answered}")
    found.complaints = list(complaints)


async def _level(settings: ClientSettings) -> bool:
    await asyncio.sleep(0.5)
    return not any(each.left for each in await left_to_do(settings))


def _for(seconds: float) -> Any:
    end = time.monotonic() + seconds
    return lambda: time.monotonic() < end
