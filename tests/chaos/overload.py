"""Load beyond capacity, and a partition full of garbage: what gets slower, what grows, and what does not."""

import asyncio
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

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


class Memory(NamedTuple):
    """The largest size of a service, MB: in the first half of the overload, in the second, and until it was level."""

    first_half: float
    second_half: float
    after: float


@dataclass
class Overload:
    """What was measured. Rates in records a second, memory in MB."""

    seconds: float = 0.0
    offered: float = 0.0
    answered: float = 0.0  # meanwhile: what these services, this machine and its producers are capable of together
    most_lag: int = 0
    memory: dict[str, Memory] = field(default_factory=dict)
    drained: float = 0.0  # seconds
    poison: float = 0.0  # garbage that was written while the others went on
    healthy_ratio: float = 0.0  # answers of the other partitions with poison to those without
    audit: dict[str, Any] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)

    def missed(self) -> list[str]:
        """Give the marks that were missed: figures, which a busy machine can spoil."""
        missed = []
        for name, size in self.memory.items():
            bound = size.first_half * GROWTH if self.seconds >= SETTLED else LARGEST
            if max(size.second_half, size.after) > min(LARGEST, bound):
                missed.append(f"{name} grew: {size}")
        if self.healthy_ratio < KEPT:
            missed.append(f"beside a poisoned partition the others came to {self.healthy_ratio} of their rate")
        if self.offered < 0.7 * EXCESS * self.answered:
            missed.append(f"{self.offered} records a second were no overload for {self.answered}")
        return missed


class Gauge:
    """Reads how much has been answered, how much is left, and how large the services are."""

    def __init__(self, bank: Bank, consumer: AIOKafkaConsumer, settings: ClientSettings, services: Sequence[str]):
        self._bank, self._consumer, self._settings, self.services = bank, consumer, settings, services
        self._memory: dict[str, list[float]] = {name: [] for name in services}
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

    async def follow(self, partitions: set[int], wanted: Callable[[], bool]) -> None:
        """Keep `latest` the rate of the last seconds, as long as it is wanted."""
        while wanted():
            self.latest = await self.rate(2.0, partitions)

    async def watch(self, wanted: Callable[[], bool]) -> None:
        """Sample memory and lag, as long as it is wanted. To be awaited: a cut would leave connections open."""
        while wanted():
            self.most_lag = max(self.most_lag, await left_of(self._settings, ("inventory",)))
            self._weigh()
            await asyncio.sleep(1)

    async def level(self) -> bool:
        """Tell whether nothing is left to do."""
        await asyncio.sleep(0.5)
        self._weigh()
        return await left_of(self._settings, self.services) == 0

    def _weigh(self) -> None:
        for name, running in zip(self.services, self._bank.processes, strict=True):
            self._memory[name].append(resident(running.process.pid))

    def samples(self) -> int:
        """Give how often the services have been weighed so far."""
        return len(self._memory[self.services[0]])

    def grown(self, over: int) -> dict[str, Memory]:
        """Give how large each service was, of whose samples so many were taken before the overload was over."""
        half = max(1, over // 2)
        return {
            name: Memory(max(sizes[:half]), max(sizes[half - 1 : over]), max(sizes[over:]))
            for name, sizes in self._memory.items()
        }


def resident(pid: int) -> float:
    """Give the resident memory of a process, MB."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 2**20, 1)


async def overload(seconds: float, folder: Path, services: Sequence[str] = SERVICES) -> Overload:
    """Overload a bank of these services for so long, let it recover, poison a partition, and audit it."""
    found = Overload()
    with local_stack(environ=os.environ) as stack:
        servers = stack.env["KAFKA_BOOTSTRAP_SERVERS"]
        await create_topics(servers, PARTITIONS)
        consumer = AIOKafkaConsumer(bootstrap_servers=servers)
        async with Bank(stack, folder) as bank:
            for name in services:
                bank.run(name)
            await asyncio.gather(*(running.until_ready() for running in bank.processes))
            await consumer.start()
            try:
                settings = ClientSettings.load(stack.env)
                await _measure(found, bank, Gauge(bank, consumer, settings, services), seconds)
            finally:
                await consumer.stop()
            await _judge(found, bank, settings)
    return found


async def _measure(found: Overload, bank: Bank, gauge: Gauge, seconds: float) -> None:
    async with Flood(bank.stack.env["KAFKA_BOOTSTRAP_SERVERS"]) as flood:
        await _overloaded(found, flood, gauge, seconds)
        over, begun = gauge.samples(), time.monotonic()
        await until(gauge.level, 8 * seconds + 120)
        found.drained = round(time.monotonic() - begun, 1)
        found.most_lag, found.memory = gauge.most_lag, gauge.grown(over)
        await _poisoned(found, flood, gauge, min(20.0, seconds / 2))


async def _overloaded(found: Overload, flood: Flood, gauge: Gauge, seconds: float) -> None:
    """Write three records for each one that is answered."""
    everywhere = set(range(PARTITIONS))
    wanted = _for(seconds)
    pouring = asyncio.gather(
        flood.pour(everywhere, lambda: max(FIRST, EXCESS * gauge.latest), wanted),
        gauge.watch(wanted),
        gauge.follow(everywhere, wanted),
    )
    begun = time.monotonic()
    found.answered = round(await gauge.rate(seconds, everywhere))
    await pouring
    found.seconds = round(time.monotonic() - begun, 1)
    found.offered = round(flood.written / found.seconds)


async def _poisoned(found: Overload, flood: Flood, gauge: Gauge, seconds: float) -> None:
    """Give the healthy partitions a steady load, without and with garbage in the other one, in turn."""
    rates: dict[bool, list[float]] = {False: [], True: []}
    garbage = 0
    for poisoned in (False, True) * (SLICES // 2):
        poison = asyncio.create_task(flood.poison(POISONED, gauge.buried, _for(seconds))) if poisoned else None
        pouring = asyncio.create_task(flood.pour(HEALTHY, lambda: SHARE * found.answered, _for(seconds)))
        rates[poisoned].append(await gauge.rate(seconds, HEALTHY))
        garbage += await poison if poison else 0
        await pouring
        await until(gauge.level, 20 * seconds + 120)  # so that one slice leaves nothing to the next
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


def _for(seconds: float) -> Callable[[], bool]:
    end = time.monotonic() + seconds
    return lambda: time.monotonic() < end
