"""Writes what is to be said at a steady rate, and keeps the ledger of what is safe."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from tests.chaos.ledger import Ledger, Said

UNDERWAY = 5_000  # records that may wait for their acknowledgement, so that an outage costs no memory
TICK = 0.05  # seconds


class Writer:
    """A client with acks=all. What it is told is safe goes into the ledger."""

    def __init__(self, producer: AIOKafkaProducer, ledger: Ledger) -> None:
        self._producer, self.ledger = producer, ledger
        self._room = asyncio.Semaphore(UNDERWAY)
        self._tasks: set[asyncio.Task[None]] = set()

    async def write(self, said: Said) -> None:
        """Send a record; return before it is safe."""
        await self._room.acquire()
        try:
            sent = await self._producer.send(said.topic, said.value, said.key, said.partition)
        except KafkaError as error:
            self._room.release()
            self.ledger.doubtful[type(error).__name__] += 1
            return
        task = asyncio.create_task(self._note(said, sent))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _note(self, said: Said, sent: asyncio.Future[object]) -> None:
        try:
            self.ledger.acknowledged(said, (await sent).offset)  # type: ignore[attr-defined]
        except KafkaError as error:
            self.ledger.doubtful[type(error).__name__] += 1
        finally:
            self._room.release()

    async def settled(self) -> None:
        """Wait until all that was sent is safe, or known to be doubtful."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))


@asynccontextmanager
async def writer(servers: str, ledger: Ledger) -> AsyncIterator[Writer]:
    """Open a client, and wait at the end for what it has sent."""
    producer = AIOKafkaProducer(
        bootstrap_servers=servers, acks="all", enable_idempotence=True, linger_ms=5, request_timeout_ms=90_000
    )
    await producer.start()
    client = Writer(producer, ledger)
    try:
        yield client
        await client.settled()
    finally:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(10):
                await producer.stop()


async def speak(client: Writer, conversation: Iterable[Said], rate: float) -> None:
    """Write so many records a second until cancelled; what an outage has held up is not caught up with."""
    sayings: Iterator[Said] = iter(conversation)
    now = asyncio.get_running_loop().time
    said, begun = 0, now()
    while True:
        due = int((now() - begun) * rate)
        if due - said > rate:  # more than a second behind
            said = due - int(rate)
        for _ in range(due - said):
            await client.write(next(sayings))
        said = max(said, due)
        await asyncio.sleep(TICK)
