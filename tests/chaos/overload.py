"""Load beyond capacity, and a partition full of garbage: what gets slower, what grows, and what does not."""

import asyncio
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from contracts.topics import INVENTORY_COMMANDS, dead_letters
from services.ops.settings import ClientSettings
from services.ops.stack import local_stack
from services.ops.topics import create_topics
from tests.chaos.checks import Complaints, audited, left_of, records
from tests.chaos.flood import Flood
from tests.chaos.pulse import SERVICES
from tests.integration.bank import PARTITIONS, Bank
from tests.road.worlds import until

EXCESS = 3.0  # times the capacity
FIRST = 3_000.0  # records a second to begin with, and at least
SLICES = 4  # beside a poisoned partition: without poison and with it in turn
SHARE = 0.25  # of the capacity: what the healthy partitions are given then
BURIED = dead_letters(INVENTORY_COMMANDS, "inventory").name
POISONED, HEALTHY = 0, set(range(1, PARTITIONS))
GROWTH = 1.25  # of a service's memory from the first half of the overload to the second, at most
LARGEST = 400.0  # MB
SETTLED = 60.0  # seconds of overload after which memory has no reason left to grow
KEPT = 0.7  # of their rate: what the other partitions keep beside a poisoned one, on however busy a machine


@dataclass
class Overload:
    """What was measured. Rates in records a second, memory in MB."""

    seconds: float = 0.0
    offered: float = 0.0
    answered: float = 0.0  # meanwhile: what these services, this machine and its producers are capable of together
    most_lag: int = 0
    memory: dict[str, dict[str, float]] = field(default_factory=dict)
    drained: float = 0.0  # seconds
    poison: float = 0.0  # garbage that was written while the others went on
    healthy_ratio: float = 0.0  # answers of the other partitions with poison to those without
    audit: dict[str, Any] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)

    def missed(self) -> list[str]:
        """Give the marks that were missed: figures, which a busy machine can spoil."""
        missed = []
        for name, size in self.memory.items():
            bound = size["first_half"] * GROWTH if self.seconds >= SETTLED else LARGEST
            if size["second_half"] > min(LARGEST, bound):
                missed.append(f"{name} grew to {size}")
        if self.healthy_ratio < KEPT:
            missed.append(f"beside a poisoned partition the others came to {self.healthy_ratio} of their rate")
        if self.offered < 0.7 * EXCESS * self.answered:
            missed.append(f"{self.offered} records a second were no overload for {self.answered}")
        return missed


class Gauge:
    """Reads how much has been answered, how much is left, and how large the services are."""

    def __init__(self, bank: Bank, consumer: AIOKafkaConsumer, settings: ClientSettings) -> None:
        self._bank, self._consumer, self._settings = bank, consumer, settings
        self.memory: dict[str, list[float]] = {name: [] for name in SERVICES}
        self.latest = 0.0  # answers a second
        self.most_lag = 0  # of inventory

    async def answered(self, partitions: set[int]) -> int:
        """Give how many answers there are in partitions."""
        lots = [TopicPartition("inventory.events", part) for part in partitions]
        return sum((await self._consumer.end_offsets(lots)).values())

    async def buried(self) -> int:
        """Give how many dead letters there are of the poisoned partition."""
        lots = [TopicPartition(BURIED, part) for part in range(PARTITIONS)]
        return sum((await self._consumer.end_offsets(lots)).values())

    async def rate(self, seconds: float, partitions: set[int]) -> float:
        """Give answers a second, over so many seconds."""
        begun, before = time.monotonic(), await self.answered(partitions)
        await asyncio.sleep(seconds)
        return (await self.answered(partitions) - before) / (time.monotonic() - begun)

    async def follow(self, partitions: set[int]) -> None:
        """Keep `latest` the rate of the last seconds until cancelled."""
        while True:
            self.latest = await self.rate(2.0, partitions)

    async def watch(self) -> None:
        """Sample memory and lag until cancelled."""
        while True:
            self.most_lag = max(self.most_lag, await left_of(self._settings, ("inventory",)))
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
                settings = ClientSettings.load(stack.env)
                await _measure(found, bank, Gauge(bank, consumer, settings), settings, seconds)
            finally:
                await consumer.stop()
            await _judge(found, bank, settings)
    return found


async def _measure(found: Overload, bank: Bank, gauge: Gauge, settings: ClientSettings, seconds: float) -> None:
    async with Flood(bank.stack.env["KAFKA_BOOTSTRAP_SERVERS"]) as flood:
        await _overloaded(found, flood, gauge, seconds)
        found.most_lag = gauge.most_lag
        begun = time.monotonic()
        await until(lambda: _level(settings), 6 * seconds + 120)
        found.drained = round(time.monotonic() - begun, 1)
        await _poisoned(found, flood, gauge, settings, min(20.0, seconds / 2))


async def _overloaded(found: Overload, flood: Flood, gauge: Gauge, seconds: float) -> None:
    """Write three records for each one that is answered."""
    everywhere = set(range(PARTITIONS))
    watches = [asyncio.create_task(watch) for watch in (gauge.watch(), gauge.follow(everywhere))]
    pouring = asyncio.create_task(flood.pour(everywhere, lambda: max(FIRST, EXCESS * gauge.latest), _for(seconds)))
    begun = time.monotonic()
    found.answered = round(await gauge.rate(seconds, everywhere))
    await pouring
    found.seconds = round(time.monotonic() - begun, 1)
    found.offered = round(flood.written / found.seconds)
    for watch in watches:
        watch.cancel()
    await asyncio.gather(*watches, return_exceptions=True)
    found.memory = dict(gauge.grown())


async def _poisoned(found: Overload, flood: Flood, gauge: Gauge, settings: ClientSettings, seconds: float) -> None:
    """Give the healthy partitions a steady load, without and with garbage in the other one, in turn."""
    rates: dict[bool, list[float]] = {False: [], True: []}
    garbage = 0
    for poisoned in (False, True) * (SLICES // 2):
        poison = asyncio.create_task(flood.poison(POISONED, gauge.buried, _for(seconds))) if poisoned else None
        pouring = asyncio.create_task(flood.pour(HEALTHY, lambda: SHARE * found.answered, _for(seconds)))
        rates[poisoned].append(await gauge.rate(seconds, HEALTHY))
        garbage += await poison if poison else 0
        await pouring
        await until(lambda: _level(settings), 20 * seconds + 120)  # so that one slice leaves nothing to the next
    found.poison = round(garbage / (seconds * SLICES / 2))
    found.healthy_ratio = round(median(rates[True]) / median(rates[False]), 2)


async def _judge(found: Overload, bank: Bank, settings: ClientSettings) -> None:
    complaints = Complaints()
    for running in bank.processes:
        if (code := await running.stop()) != 0:
            complaints.add(f"{running.log.stem} ended with {code}")
    found.audit = await audited(bank.stack.env, complaints)
    async for record in records(settings, ["inventory.events"]):
        if b'"command.rejected"' in record.value:
            complaints.add(f"out of order: {record.value.decode()[-250:]}")
    if found.most_lag <= 0:
        complaints.add("no lag was to be seen")
    found.complaints = list(complaints)


async def _level(settings: ClientSettings) -> bool:
    await asyncio.sleep(0.5)
    return await left_of(settings, SERVICES) == 0


def _for(seconds: float) -> Any:
    end = time.monotonic() + seconds
    return lambda: time.monotonic() < end
