"""More commands than can be handled, as whole batches. In order they are all valid, in any other they are not."""

import asyncio
import itertools
import json
from collections.abc import Awaitable, Callable, Collection, Iterator

from aiokafka import AIOKafkaProducer

from services.chassis.partitions import home
from tests.chaos.traffic import COMMANDS
from tests.integration.bank import PARTITIONS

NUMBERS = 200  # in each partition
BATCH = 250  # records
BATCH_BYTES = 512 * 1024
AHEAD = 20_000  # records of garbage that may wait: more would not keep their lane any busier
UNDERWAY = 8  # batches
HOLDER = {"org": "acme"}
CYCLE = (
    ("number.reserve", {"holder": HOLDER, "remark": "for the fair"}),
    ("number.update", {"routing": "trunk-1"}),
    ("number.release", {"remark": "not needed"}),
)
ADD = ("number.add", {"vendor": "v", "country": "SG", "sku": "s"})
GARBAGE = b'{"specversion": "1.0", "id": "poison", "source": "/stranger", "type": "number.update"'


def commands(partition: int) -> Iterator[tuple[bytes, bytes]]:
    """Give keys and values for one partition without end: each number is added, then goes round and round."""
    numbers = [n for n in (f"+6531{n:06}" for n in range(100_000, 140_000)) if home(n, PARTITIONS) == partition]
    for turn in itertools.count():
        type, data = CYCLE[(turn - 1) % len(CYCLE)] if turn else ADD
        for number in numbers[:NUMBERS]:
            envelope = {"specversion": "1.0", "id": f"{turn}", "source": "/flood", "type": type}
            yield number.encode(), json.dumps({**envelope, "subject": number, "data": data}).encode()


def poison() -> Iterator[tuple[None, bytes]]:
    """Give garbage without end."""
    return itertools.repeat((None, GARBAGE))


class Flood:
    """Writes to partitions, at a rate that all of them share."""

    def __init__(self, servers: str) -> None:
        self._producer = AIOKafkaProducer(
            bootstrap_servers=servers, acks="all", enable_idempotence=True, max_batch_size=BATCH_BYTES
        )
        self._sources = {partition: commands(partition) for partition in range(PARTITIONS)}
        self._room = asyncio.Semaphore(UNDERWAY)
        self.written = 0  # commands

    async def __aenter__(self) -> "Flood":
        await self._producer.start()
        return self

    async def __aexit__(self, *failure: object) -> None:
        await self._producer.stop()

    async def pour(self, partitions: Collection[int], rate: Callable[[], float], wanted: Callable[[], bool]) -> None:
        """Write commands at a rate that may change, as long as it is wanted."""
        now = asyncio.get_running_loop().time
        due = now()
        while wanted():
            for partition in partitions:
                self.written += await self._write(partition, self._sources[partition])
                due = max(due, now() - 1) + BATCH / rate()
            await asyncio.sleep(max(0.0, due - now()))

    async def poison(self, partition: int, buried: Callable[[], Awaitable[int]], wanted: Callable[[], bool]) -> int:
        """Write garbage as fast as it goes, never far ahead of what is `buried`; give how much it was."""
        written, source, before = 0, poison(), await buried()
        while wanted():
            if written - (await buried() - before) < AHEAD:
                written += await self._write(partition, source)
            else:
                await asyncio.sleep(0.01)
        return written

    async def _write(self, partition: int, source: Iterator[tuple[bytes | None, bytes]]) -> int:
        builder = self._producer.create_batch()
        for key, value in itertools.islice(source, BATCH):
            assert builder.append(key=key, value=value, timestamp=None) is not None, "a batch has no room"
        builder.close()
        await self._room.acquire()
        sent = await self._producer.send_batch(builder, COMMANDS, partition=partition)
        sent.add_done_callback(lambda _: self._room.release())
        return BATCH
