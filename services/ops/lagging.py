"""How far each service is with each partition that it reads."""

import asyncio
from collections import Counter
from typing import Any, NamedTuple

from contracts.topics import SERVICES, TOPICS
from services.chassis.records import Lot
from services.ops.audit.standing import fences, noted
from services.ops.connection import PATIENCE, admin, consumer, kafka_trouble
from services.ops.database import database
from services.ops.dead_letters import read_letters
from services.ops.reading import bounds, existing
from services.ops.settings import ClientSettings


class Left(NamedTuple):
    """What is left of a partition, or of a topic (`partition` None), for one service. Offsets are summed there.

    `next`: of its fence; `committed`: of its group. Both None: it has never read it. `instances`: of the service.
    """

    service: str
    topic: str
    partition: int | None
    end: int
    next: int | None
    committed: int | None
    left: int
    dead_letters: int
    instances: int

    def described(self) -> dict[str, Any]:
        """Give it for programs."""
        return {name: value for name, value in self._asdict().items() if name != "partition" or value is not None}


async def left_to_do(settings: ClientSettings) -> list[Left]:
    """Give what is left of each partition for each of its readers. Raises `Unusable`, `WrongSetting`."""
    inputs = [(service, topic.name) for service in SERVICES for topic in TOPICS if service in topic.read_by]
    counts = await existing(settings, list(dict.fromkeys(topic for _, topic in inputs)))
    committed, members = await noted(settings), await instances(settings)
    async with database(settings) as db:
        # First the fences, then the ends: nobody is ever further than the end.
        nexts = {(service, lot): fence.next async for service, lot, fence in fences(db)}
    async with consumer(settings.kafka, isolation_level="read_committed") as client:
        limits = await bounds(
            client, [(name, part) for name, count in counts.items() for part in range(count)], settings
        )
    ends = {Lot(*partition): each for partition, each in limits.items()}
    letters = Counter(
        (letter.service, Lot(*letter.origin[:2])) for letter in await read_letters(settings) if letter.status == "open"
    )
    found: list[Left] = []
    for service, topic in inputs:
        for lot in (Lot(topic, part) for part in range(counts[topic])):
            (beginning, end), next = ends[lot], nexts.get((service, lot))
            note = committed[service].get(lot, (None, None))[0]
            left = end - (beginning if next is None else next)
            found.append(Left(service, *lot, end, next, note, max(left, 0), letters[service, lot], members[service]))
    return found


async def instances(settings: ClientSettings) -> Counter[str]:
    """Count the members of the group of each service. Raises `Unusable`."""
    found: Counter[str] = Counter()
    async with admin(settings.kafka) as client:
        for service in SERVICES:
            with kafka_trouble(settings.kafka):
                async with asyncio.timeout(PATIENCE):
                    # One group at a time: aiokafka misreads an answer about several.
                    [answer] = await client.describe_consumer_groups([service])
            [group] = answer.groups
            found[service] = len(group[5])  # error, group, state, kind of protocol, protocol, members
    return found


def summed(found: list[Left]) -> list[Left]:
    """Give one line for each service and topic."""
    groups: dict[tuple[str, str], list[Left]] = {}
    for each in found:
        groups.setdefault((each.service, each.topic), []).append(each)
    return [
        Left(
            *of,
            None,
            sum(each.end for each in group),
            _sum(each.next for each in group),
            _sum(each.committed for each in group),
            sum(each.left for each in group),
            sum(each.dead_letters for each in group),
            group[0].instances,
        )
        for of, group in groups.items()
    ]


def _sum(offsets: Any) -> int | None:
    known = [offset for offset in offsets if offset is not None]
    return sum(known) if known else None
