"""A caller who sends one command and waits for its answer, as an operator does."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from pydantic_core import from_json

from contracts.message import Topic
from contracts.topics import INVENTORY_COMMANDS, INVENTORY_EVENTS
from services.chassis.partitions import home
from services.ops.connection import consumer, producer
from tests.bench.envelopes import envelope
from tests.bench.load import ADD, PARTITIONS, RELEASE, RESERVE

PATIENCE = 60.0  # seconds for one answer
MARK = "call-"  # how the ids of commands begin whose answers are looked for


class Caller:
    """Sends commands and hears the answers."""

    def __init__(self, out: AIOKafkaProducer, ear: AIOKafkaConsumer) -> None:
        self._out, self._ear = out, ear
        self._waiting: dict[str, asyncio.Future[float]] = {}
        self._reserved: set[str] = set()

    async def join(self, numbers: Collection[str]) -> None:
        """Add numbers to the bank."""
        await asyncio.gather(*(self.ask("number.add", number, ADD) for number in numbers))

    async def turn(self, number: str) -> float:
        """Reserve a number, or release it if it is reserved; give the seconds until the answer is here."""
        if number in self._reserved:
            self._reserved.discard(number)
            return await self.ask("number.release", number, RELEASE)
        self._reserved.add(number)
        return await self.ask("number.reserve", number, RESERVE)

    async def ask(
        self, type: str, subject: str, data: dict[str, Any], *, on: Topic = INVENTORY_COMMANDS, since: float = 0.0
    ) -> float:
        """Send a message; give the seconds from `since`, else from now, until its answer. Raises `TimeoutError`."""
        id = MARK + uuid.uuid4().hex
        answered = self._waiting[id] = asyncio.get_running_loop().create_future()
        started = since or time.perf_counter()
        value = envelope(id, type, subject, data)
        await self._out.send(on.name, value, subject.encode(), home(subject, PARTITIONS))
        async with asyncio.timeout(PATIENCE):
            return await answered - started

    async def listen(self) -> None:
        """Hear answers, for ever."""
        mark = f'"causationid":"{MARK}'.encode()
        while True:
            for records in (await self._ear.getmany(timeout_ms=1_000)).values():
                now = time.perf_counter()
                for record in records:
                    if mark in record.value:
                        answered = self._waiting.pop(from_json(record.value)["causationid"], None)
                        if answered is not None and not answered.done():
                            answered.set_result(now)


@asynccontextmanager
async def calling(
    servers: str, partitions: Collection[int] = range(PARTITIONS), answers: Topic = INVENTORY_EVENTS
) -> AsyncIterator[Caller]:
    """Give a caller who hears the answers in these partitions."""
    places = [TopicPartition(answers.name, number) for number in partitions]
    async with consumer(servers) as ear, producer(servers) as out:
        ear.assign(places)
        await ear.seek_to_end(*places)
        caller = Caller(out, ear)
        listening = asyncio.create_task(caller.listen())
        try:
            yield caller
        finally:
            listening.cancel()


def numbers_in(partitions: Collection[int], count: int, prefix: str = "+659") -> list[str]:
    """Give numbers that belong to these partitions."""
    found: list[str] = []
    index = 0
    while len(found) < count:
        number = f"{prefix}{index:07}"
        if home(number, PARTITIONS) in partitions:
            found.append(number)
        index += 1
    return found
