"""Topics as Kafka has them, made from and compared with `contracts/topics.py`.

What exists is never changed nor deleted here: where it differs, that is said.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from contracts.message import Topic
from contracts.topics import EVERY_TOPIC
from services.chassis.errors import Unusable
from services.chassis.security.cluster import Cluster
from services.ops.connection import PATIENCE, admin, kafka_trouble

LARGEST_RECORD = 4 << 20  # bytes
_EXISTS, _NOT_CONTROLLER = 36, 41


class Found(NamedTuple):
    """A topic as Kafka has it."""

    partitions: int
    replication: int


class Standing(NamedTuple):
    """How a topic stands: `created`, `exists`, `differs` or `missing`; what differs is said in sentences."""

    name: str
    outcome: str
    partitions: int
    differences: tuple[str, ...] = ()


def config_of(topic: Topic) -> dict[str, str]:
    """Give the configuration of a topic. Its time is the broker's, whatever producers say."""
    keep = -1 if topic.keep is None else round(topic.keep.total_seconds() * 1000)
    return {
        "cleanup.policy": "compact" if topic.compacted else "delete",
        "max.message.bytes": str(LARGEST_RECORD),
        "message.timestamp.type": "LogAppendTime",
        "retention.ms": str(keep),
        **topic.config,
    }


async def create_topics(
    where: Cluster | str,
    partitions: int = 8,
    replication: int = 1,
    *,
    topics: Sequence[Topic] = EVERY_TOPIC,
    patience: float = 30.0,
) -> list[Standing]:
    """Create the topics that are missing, and say how all stand when every partition has a leader.

    Repeats harmlessly. Waits for a topic of the same name that is still being deleted. Raises `Unusable`.
    """
    async with admin(where) as client:
        with kafka_trouble(where):
            before = await _found(client)
            wanted = [topic for topic in topics if topic.name not in before]
            async with asyncio.timeout(patience):
                await _create(client, wanted, partitions, replication)
            standing = {each.name: each for each in await _standing(client, topics, partitions)}
    made = {topic.name for topic in wanted}
    return [
        standing[topic.name]._replace(outcome="created") if topic.name in made else standing[topic.name]
        for topic in topics
    ]


async def list_topics(
    where: Cluster | str, partitions: int | None = None, *, topics: Sequence[Topic] = EVERY_TOPIC
) -> list[Standing]:
    """Say how the topics stand in Kafka; without `partitions` any number of them is right. Raises `Unusable`."""
    async with admin(where) as client:
        with kafka_trouble(where):
            return await _standing(client, topics, partitions)


async def partitions_of(where: Cluster | str, names: Iterable[str]) -> dict[str, int]:
    """Give the number of partitions of those of the topics that exist. Raises `Unusable`."""
    async with admin(where) as client:
        with kafka_trouble(where):
            async with asyncio.timeout(PATIENCE):
                found = await _found(client)
    return {name: found[name].partitions for name in names if name in found}


async def _create(client: Any, topics: Sequence[Topic], partitions: int, replication: int) -> None:
    from aiokafka.admin import NewTopic

    left = list(topics)
    while left:
        asked = [NewTopic(topic.name, partitions, replication, topic_configs=config_of(topic)) for topic in left]
        answer = await client.create_topics(asked)
        codes = {name: (code, message) for name, code, message in answer.topic_errors}
        for name, (code, message) in codes.items():
            if code not in (0, _EXISTS, _NOT_CONTROLLER):
                raise Unusable(f"Kafka does not create the topic {name}: {message or f'error {code}'}")
        await _led(client, [topic.name for topic in left if codes[topic.name][0] == 0])
        # A name that exists and is not listed belongs to a topic that is still being deleted: ask again.
        found = await _found(client)
        left = [topic for topic in left if topic.name not in found]
        if left:
            await asyncio.sleep(0.2)


async def _led(client: Any, names: Sequence[str]) -> None:
    """Wait until every partition of these topics has a leader, and any broker knows it."""
    while names:
        described = {entry["topic"]: entry["partitions"] for entry in await client.describe_topics()}
        names = [
            name
            for name in names
            if not described.get(name) or any(part["leader"] < 0 or part["error_code"] for part in described[name])
        ]
        if names:
            await asyncio.sleep(0.05)


async def _found(client: Any) -> dict[str, Found]:
    """Give all topics of Kafka. Asking for all, never for one: asking for one may create it."""
    return {
        entry["topic"]: Found(len(entry["partitions"]), len(entry["partitions"][0]["replicas"]))
        for entry in await client.describe_topics()
        if entry["partitions"] and not entry["error_code"]
    }


async def _standing(client: Any, topics: Sequence[Topic], partitions: int | None) -> list[Standing]:
    found = await _found(client)
    configs = await _configs(client, [topic.name for topic in topics if topic.name in found])
    return [_compared(topic, found.get(topic.name), configs.get(topic.name, {}), partitions) for topic in topics]


async def _configs(client: Any, names: Sequence[str]) -> dict[str, dict[str, str]]:
    from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

    if not names:
        return {}
    answers = await client.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name) for name in names])
    return {
        entry[3]: {config[0]: config[1] for config in entry[4]}
        for answer in answers
        for entry in answer.resources
        if entry[0] == 0
    }


def _compared(topic: Topic, found: Found | None, config: Mapping[str, str], partitions: int | None) -> Standing:
    if found is None:
        return Standing(topic.name, "missing", 0)
    differences = [
        f"{name} is {config[name]}, not {value}."
        for name, value in config_of(topic).items()
        if name in config and config[name] != value
    ]
    if partitions is not None and found.partitions != partitions:
        differences.insert(0, f"It has {found.partitions} partitions, not {partitions}; they are fixed for its life.")
    return Standing(topic.name, "differs" if differences else "exists", found.partitions, tuple(differences))
