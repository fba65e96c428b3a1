"""Records that were made to hurt: each costs itself at most, over the doubles and over the real things."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy

from services.chassis.clock import SystemClock
from services.chassis.errors import Conflict, StoreTrouble
from services.chassis.memory import MemoryBroker, MemoryStore, MemoryTransaction
from services.chassis.metrics import Metrics
from services.chassis.partitions import home
from services.chassis.parts import Parts
from services.chassis.records import Headers
from services.chassis.road import Road
from services.chassis.stops import never
from tests.road.ledger import COMMANDS, DEAD, EVENTS, TOPICS, ledger
from tests.road.test_road import answered_once, ask, dead, events
from tests.road.worlds import PARTITIONS, Instance, MemoryWorld, RealWorld, World, command, until

HOSTILE: dict[str, Headers] = {
    "a sequence beyond 64 bits": (("nb-writer", b"a/b/0"), ("nb-seq", b"99999999999999999999.0")),
    "a sequence that is none": (("nb-writer", b"a/b/0"), ("nb-seq", b"7")),
    "a writer of foreign letters": (("nb-writer", "\u00e4/b/0".encode()), ("nb-seq", b"7.0")),
    "a writer without end": (("nb-writer", b"a" * 100_000), ("nb-seq", b"7.0")),
    "a null writer": (("nb-writer", None), ("nb-seq", None)),
    "a hundred thousand empty headers": tuple(("", None) for _ in range(100_000)),
}


@pytest.mark.parametrize("headers", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("value", [command("ann", id="hostile"), b"garbage"], ids=["command", "garbage"])
async def test_hostile_headers_hold_nobody_up(world: World, headers: Headers, value: bytes) -> None:
    instance = await world.start(ledger())
    asked = await ask(world, "ann", 1)
    await world.write(COMMANDS.name, "ann", value, headers)
    asked += await ask(world, "ann", 1, prefix="after-")
    if value == b"garbage":
        await dead(world, 1)
    else:
        asked.insert(1, "hostile")
    records = await events(world, len(asked))
    await instance.stop()
    answered_once(records, asked)


async def test_a_record_too_large_to_be_forwarded_is_a_dead_letter(world: World) -> None:
    instance = await world.start(ledger())
    astray = (home("ann", PARTITIONS) + 1) % PARTITIONS
    big = json.loads(command("ann", id="big")) | {"padding": "x" * (4_193_900 - 300)}
    await world.write(COMMANDS.name, None, json.dumps(big).encode(), partition=astray)
    asked = await ask(world, "ann", 1)
    [letter] = await dead(world, 1)
    records = await events(world, 1)
    await instance.stop()
    assert dict(letter.headers)["nb-code"] == b"too_large"
    answered_once(records, asked)


class Latin:
    """A header's name as librdkafka writes it: bytes, whatever they are."""

    def encode(self, *_: str) -> bytes:
        return b"Gr\xf6\xdfe"


async def test_a_header_name_that_is_not_utf_8_holds_nobody_up(real: RealWorld) -> None:
    instance = await real.start(ledger())
    asked = await ask(real, "ann", 1)
    batch = real.producer.create_batch()
    batch._builder = _DefaultRecordBatchBuilderPy(2, 0, False, -1, -1, 0, 1 << 20)
    for id in ("latin-1", "latin-2"):
        batch.append(key=b"ann", value=command("ann", id=id), timestamp=None, headers=[(Latin(), b"1")])
        asked.append(id)
    batch.close()
    await (await real.producer.send_batch(batch, COMMANDS.name, partition=home("ann", PARTITIONS)))
    for name in "abcdefgh":
        asked += await ask(real, name, 20)
    records = await events(real, len(asked))
    await instance.stop()
    answered_once(records, asked)


class LateStore(MemoryStore):
    """The first commit's answer is lost, its locks make the next three fail, and then it lands."""

    tries = 0
    late: MemoryTransaction | None = None

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Any]:
        if self.tries == 4 and self.late is not None:
            self.late.commit()
            self.late = None
        transaction = MemoryTransaction(self)
        yield transaction
        await asyncio.sleep(0)
        self.tries += 1
        if self.tries == 1:
            self.late = transaction
            raise StoreTrouble("the answer to the commit was lost")
        if self.tries <= 4:
            raise Conflict("the first still holds its locks")
        transaction.commit()


async def test_a_commit_that_lands_after_its_batch_was_halved_is_not_carried_out_again() -> None:
    memory = MemoryWorld(TOPICS)
    asked = await ask(memory, "ann", 10)
    await memory.write(COMMANDS.name, "ann", b"garbage")
    service = ledger()
    broker, store = MemoryBroker(memory.cluster, service.name), LateStore(memory.database, service.name)
    instance = Instance(Road(Parts(service, broker, store, SystemClock(), Metrics(), never, 0.01)))
    await events(memory, 10)
    asked += await ask(memory, "ann", 1, prefix="after-")
    records = await events(memory, 11)

    async def letters() -> bool:
        return len(await memory.read(DEAD)) >= 1

    await until(letters)
    await instance.stop()
    answered_once(records, asked)
    assert len(await memory.read(EVENTS.name)) == 11
    assert len(await memory.read(DEAD)) == 1
