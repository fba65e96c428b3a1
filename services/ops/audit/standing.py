"""How far the services are, at one moment: their fences, and the requests that wait for an answer."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pydantic_core import from_json

from contracts.topics import SERVICES, TOPICS
from services.chassis.fence import FENCES, Fence, name_of
from services.chassis.records import Lot
from services.ops.connection import PATIENCE, admin, kafka_trouble
from services.ops.settings import ClientSettings
from services.provisioning.store import SUBSCRIPTIONS

Noted = Mapping[str, Mapping[Lot, tuple[int, int | None]]]


class Stage(NamedTuple):
    """How far a lane is: `next` offset to take, and its batch."""

    next: int
    batch: int


@dataclass
class Standing:
    """The lanes by their names, and subject and id of what provisioning has taken and not yet answered."""

    lanes: dict[str, Stage] = field(default_factory=dict)
    in_flight: set[tuple[str, str]] = field(default_factory=set)

    def note(self, fence: Fence) -> None:
        """Note how far a lane is."""
        self.lanes[fence.id] = Stage(fence.next, fence.batch)

    def next(self, service: str, lot: Lot) -> int:
        """Give the offset up to which a service has taken a partition."""
        stage = self.lanes.get(name_of(service, lot))
        return 0 if stage is None else stage.next


async def noted(settings: ClientSettings) -> Noted:
    """Give what each service has committed to Kafka: next offset, and the batch that is published."""
    found: dict[str, dict[Lot, tuple[int, int | None]]] = {}
    async with admin(settings.kafka) as client:
        for service in SERVICES:
            with kafka_trouble(settings.kafka):
                async with asyncio.timeout(PATIENCE):
                    offsets = await client.list_consumer_group_offsets(service)
            found[service] = {
                Lot(*partition): (note.offset, int(note.metadata) if note.metadata.isdecimal() else None)
                for partition, note in offsets.items()
                if note.offset >= 0
            }
    return found


async def fences(db: Any, session: Any = None) -> AsyncIterator[tuple[str, Lot, Fence]]:
    """Give all fences, with service and partition."""
    for service in SERVICES:
        lots = {name_of(service, Lot(topic.name, 0)).rpartition("/")[0]: topic.name for topic in TOPICS}
        async for stored in db[f"{service}.{FENCES}"].find({}, session=session, batch_size=8):
            lane, _, partition = str(stored["_id"]).rpartition("/")
            if lane in lots and partition.isdecimal():
                yield service, Lot(lots[lane], int(partition)), Fence.from_document(stored)


async def in_flight(db: Any, session: Any = None) -> AsyncIterator[tuple[str, str]]:
    """Give subject and id of each fact that provisioning has taken and not yet answered."""
    waiting = {"$or": [{"request": {"$ne": None}}, {"queue.0": {"$exists": True}}]}
    async for subscription in db[f"provisioning.{SUBSCRIPTIONS}"].find(waiting, session=session):
        request = subscription.get("request")
        for fact in [*([request["fact"]] if request else []), *subscription.get("queue", [])]:
            message = from_json(fact["message"])
            yield message["subject"], message["id"]
