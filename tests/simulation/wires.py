"""What lies between the processes and their servers: delays, outages, answers that are lost or late."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from random import Random
from typing import TypeVar

from contracts.topics import TOPICS
from services.chassis.errors import Conflict, StoreTrouble
from services.chassis.memory import MemoryTransaction, Wire
from services.chassis.records import Record
from tests.simulation.loop import CURRENT, WORLD
from tests.simulation.trace import Trace

T = TypeVar("T")
HEARTBEAT = 1.0  # seconds until a member hears what has become of its group
NOTE = 2.0  # seconds after which a client gives up to commit its offsets
PATIENCE = 1.0  # seconds between a client's looks at whether the broker is back
COMPACTED = {topic.name for topic in TOPICS if topic.compacted}  # where gaps are nothing to doubt


@dataclass
class Weather:
    """How bad it is. Probabilities of each trouble; the seed chooses which there are, the end makes all of them 0."""

    delay: float  # seconds, of most messages
    slow: float  # of a message that takes a hundred times as long
    lost: float  # of an answer of the database
    commit: float  # of a commit whose answer does not come, whatever became of it
    gap: float  # of records that get lost inside the consumer
    away: dict[str, float]  # server, and the virtual time until which it is away

    def clear(self) -> None:
        """Let the trouble end."""
        self.slow = self.lost = self.commit = self.gap = 0.0
        self.away.clear()


class _Line(Wire):
    server = ""

    def __init__(self, weather: Weather, dice: Random, trace: Trace) -> None:
        self._weather, self._dice, self._trace = weather, dice, trace

    async def _travel(self) -> None:
        chance, delay = self._dice.random(), self._weather.delay
        if chance < self._weather.slow:
            delay *= 100
        if chance < 0.5:
            await asyncio.sleep(delay * chance * 2)

    def _absence(self) -> float:
        until = self._weather.away.get(self.server)
        return 0.0 if until is None else until - asyncio.get_running_loop().time()

    def _says(self, what: str) -> None:
        self._trace.say(CURRENT.get().name, what)

    def _suffers(self, what: str) -> None:
        self._trace.trouble(CURRENT.get().name, what)

    def shuffled(self, partitions: Iterable[T]) -> Iterable[T]:
        """Serve partitions in any order."""
        several = list(partitions)
        self._dice.shuffle(several)
        return several


class DatabaseLine(_Line):
    """To MongoDB: every answer may be lost, and a commit may arrive long after its sender has given up."""

    server = "database"

    async def there(self, what: str) -> None:
        await self._travel()
        if (absence := self._absence()) > 0:
            await asyncio.sleep(min(absence, self._dice.uniform(0.1, 5.0)))
            raise StoreTrouble("database away")
        self._says(f"database: {what}")

    async def back(self, what: str) -> None:
        await self._travel()
        if self._absence() > 0 or self._dice.random() < self._weather.lost:
            self._suffers(f"the answer to {what} is lost")
            raise StoreTrouble(f"the answer to {what} is lost")

    async def commit(self, transaction: MemoryTransaction) -> None:
        await self.there("commit")
        if self._dice.random() >= self._weather.commit:
            transaction.commit()
            return await self.back("commit")
        fate = self._dice.choice(("went through", "is lost", "will arrive late"))
        self._suffers(f"nobody hears of the commit, which {fate}")
        if fate == "went through":
            transaction.commit()
        elif fate == "will arrive late":
            transaction.hold()
            late = self._dice.uniform(0.01, 3.0)
            asyncio.get_running_loop().call_later(late, self._land, transaction, context=WORLD.context())
        await self._travel()
        raise StoreTrouble(f"commit unknown: {fate}")

    def _land(self, transaction: MemoryTransaction) -> None:
        try:
            transaction.land()
        except Conflict as conflict:
            self._suffers(f"a late commit comes to nothing: {conflict}")
        else:
            self._suffers("a late commit has arrived")


class BrokerLine(_Line):
    """To Kafka: the client waits until it is back, and what it sends arrives in order, once."""

    server = "broker"

    def __init__(self, weather: Weather, dice: Random, trace: Trace) -> None:
        super().__init__(weather, dice, trace)
        self._lost: set[tuple[str, int, int]] = set()  # each once: a gap that is there again is believed

    async def there(self, what: str) -> None:
        await self._travel()
        if what == "note" and self._absence() > 0:
            await asyncio.sleep(NOTE)
            raise TimeoutError
        if what == "heartbeat":
            await asyncio.sleep(self._dice.uniform(0.0, HEARTBEAT))
        await self._wait()
        if what not in ("heartbeat", "bounds"):
            self._says(f"broker: {what}")

    async def back(self, what: str) -> None:
        await self._travel()
        await self._wait()

    async def _wait(self) -> None:
        while (absence := self._absence()) > 0:
            await asyncio.sleep(min(absence, PATIENCE))

    async def fetch(self, records: Sequence[Record]) -> Sequence[Record]:
        await self._travel()
        await self._wait()
        many = self._dice.randint(1, len(records))
        place = topic, partition, offset = records[0][:3]
        losable = len(records) > 1 and topic not in COMPACTED and place not in self._lost
        if losable and self._dice.random() < self._weather.gap:
            self._lost.add(place)
            self._suffers(f"the consumer loses {topic}/{partition}/{offset}")
            return records[1 : many + 1]
        self._says(f"is handed {topic}/{partition}/{offset}" + (f" and {many - 1} more" if many > 1 else ""))
        return records[:many]
