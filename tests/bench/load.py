"""The work to be done: a backlog of commands, the same for every contender, written before anyone starts."""

import asyncio
from collections.abc import Iterable, Iterator
from itertools import chain, cycle, islice
from typing import Any, NamedTuple

from aiokafka import AIOKafkaProducer
from pydantic_core import to_json

from contracts.topics import INVENTORY_COMMANDS
from services.chassis.partitions import home

PARTITIONS = 8
BATCH_BYTES = 512 * 1024

ADD: dict[str, Any] = {"vendor": "carrier-one", "country": "SG", "sku": "did-local"}
RESERVE: dict[str, Any] = {"holder": {"org": "acme", "kind": "customer"}, "remark": "for the new office"}
RELEASE: dict[str, Any] = {"remark": "not needed any longer"}
LOCK: dict[str, Any] = {"remark": "wrong calls"}
# What happens to each number in turn: all of it is allowed, and it ends as it began.
LIFE: tuple[tuple[str, dict[str, Any]], ...] = (
    ("number.reserve", RESERVE),
    ("number.assign", {"subscription": "S-1"}),
    ("number.unassign", {"subscription": "S-1", "cause": "removed"}),
    ("number.release", RELEASE),
    ("number.lock", LOCK),
    ("number.update", {"routing": "pbx-2", "visible_to": ["acme.example"]}),
    ("number.unlock", LOCK),
)


class Backlog(NamedTuple):
    """Commands to let `numbers` numbers join, and then `commands` of mixed kinds to them in turn."""

    numbers: int
    commands: int

    @property
    def answers(self) -> int:
        """Count the answers that it takes."""
        return self.numbers + self.commands

    def records(self) -> Iterator[tuple[str, bytes]]:
        """Give subject and value of each command, in order."""
        names = [f"+6531{index:06}" for index in range(self.numbers)]
        adds = (("number.add", name, ADD) for name in names)
        turns = ((type, name, data) for type, data in cycle(LIFE) for name in names)
        for id, (type, name, data) in enumerate(chain(adds, islice(turns, self.commands))):
            yield name, _command(f"command-{id:08}", type, name, data)


def _command(id: str, type: str, subject: str, data: dict[str, Any]) -> bytes:
    return to_json(
        {
            "specversion": "1.0",
            "id": id,
            "source": "/bench",
            "type": type,
            "subject": subject,
            "time": "2026-03-01T00:00:00Z",
            "data": data,
        }
    )


async def write(bootstrap: str, records: Iterable[tuple[str, bytes]], topic: str = INVENTORY_COMMANDS.name) -> None:
    """Write records where they belong, in closed batches, and wait until all are safe."""
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap, acks="all", enable_idempotence=True, max_batch_size=BATCH_BYTES
    )
    await producer.start()
    try:
        sent: list[Any] = []
        open_: dict[int, Any] = {}
        for subject, value in records:
            place = home(subject, PARTITIONS)
            if place not in open_:
                open_[place] = producer.create_batch()
            builder = open_[place]
            while builder.append(key=subject.encode(), value=value, timestamp=None) is None:
                sent.append(await producer.send_batch(builder, topic, partition=place))
                builder = open_[place] = producer.create_batch()
        for place, builder in open_.items():
            sent.append(await producer.send_batch(builder, topic, partition=place))
        await asyncio.gather(*sent)
    finally:
        await producer.stop()
