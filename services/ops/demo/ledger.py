"""What the topics have said, from their beginning on: the screen and all checks know nothing else."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from contracts.message import Topic
from contracts.topics import EVERY_TOPIC, INVENTORY_EVENTS, PROVISIONING_EVENTS
from services.ops.connection import consumer
from services.ops.envelopes import read_envelope

Data = dict[str, Any]


class Heard(NamedTuple):
    """A record: the envelope, where it lies, and Kafka's time of it in real Unix milliseconds."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    envelope: Data

    @property
    def type(self) -> str:
        """What is asked or what has happened."""
        return str(self.envelope.get("type", ""))

    @property
    def id(self) -> str:
        """Its id."""
        return str(self.envelope.get("id", ""))

    @property
    def subject(self) -> str:
        """What it is about."""
        return str(self.envelope.get("subject", ""))

    @property
    def data(self) -> Data:
        """Its data."""
        data = self.envelope.get("data")
        return data if isinstance(data, dict) else {}


class Ledger:
    """All that was heard, in the order in which it came. A record of the same id is kept, and counts once."""

    def __init__(self) -> None:
        self.numbers: dict[str, Data] = {}  # the newest of each
        self.answers: dict[str, dict[str, Heard]] = defaultdict(dict)  # by id of the question, then by own id
        self._heard: dict[str, list[Heard]] = defaultdict(list)

    def take(self, heard: Heard) -> None:
        """Keep a record."""
        self._heard[heard.topic].append(heard)
        if heard.topic in (INVENTORY_EVENTS.name, PROVISIONING_EVENTS.name):
            self.answers[str(heard.envelope.get("causationid"))].setdefault(heard.id, heard)
        if "version" in heard.data and heard.topic == INVENTORY_EVENTS.name and heard.type.startswith("number."):
            known = self.numbers.get(heard.subject)
            if known is None or known["version"] < heard.data["version"]:
                self.numbers[heard.subject] = heard.data

    def every(self, topic: Topic) -> Sequence[Heard]:
        """Give all records of a topic, repeats included."""
        return self._heard[topic.name]

    def once(self, topic: Topic) -> list[Heard]:
        """Give the messages of a topic, each once."""
        first: dict[str, Heard] = {}
        for heard in self.every(topic):
            first.setdefault(f"{heard.envelope.get('source')} {heard.id}", heard)
        return list(first.values())

    def histories(self) -> dict[str, list[Heard]]:
        """Give the changes of each number, each change once, by version."""
        histories: dict[str, list[Heard]] = defaultdict(list)
        for heard in self.once(INVENTORY_EVENTS):
            if heard.type.startswith("number."):
                histories[heard.subject].append(heard)
        for changes in histories.values():
            changes.sort(key=lambda each: int(each.data["version"]))
        return histories

    def states(self) -> Counter[str]:
        """Count the numbers by state."""
        return Counter(str(data["state"]) for data in self.numbers.values())

    def unanswered(self, ids: Sequence[str]) -> list[str]:
        """Give those of the questions that nobody has answered."""
        return [id for id in ids if not self.answers.get(id)]


async def listen(
    bootstrap: str, partitions: int, ledger: Ledger, tell: Callable[[Heard], None], ready: asyncio.Event
) -> None:
    """Hear all topics from their beginning on, until cancelled. Raises `Unusable`."""
    from aiokafka import TopicPartition

    async with consumer(bootstrap) as ear:
        ear.assign([TopicPartition(topic.name, part) for topic in EVERY_TOPIC for part in range(partitions)])
        await ear.seek_to_beginning()
        ready.set()
        while True:
            for heard in _read(await ear.getmany(timeout_ms=200)):
                ledger.take(heard)
                tell(heard)
            await asyncio.sleep(0.02)  # what comes meanwhile comes together


def _read(found: dict[Any, list[Any]]) -> Iterator[Heard]:
    for records in found.values():
        for record in records:
            envelope = read_envelope(record.value, record.headers)
            yield Heard(record.topic, record.partition, record.offset, record.timestamp, envelope or {})
