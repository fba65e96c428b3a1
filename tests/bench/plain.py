"""What one would write first: a FastStream handler of one message, one find-and-modify, one publish.

Its acknowledgement is the framework's default. A crash may lose or repeat what is under way; it is here for its
speed only.
"""

import asyncio
import os
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from faststream import FastStream
from faststream.kafka import KafkaBroker
from motor.motor_asyncio import AsyncIOMotorClient
from pydantic import BaseModel
from pymongo import ReturnDocument

HOLD_PERIOD = timedelta(days=28)
MOVES: dict[str, tuple[str | None, str, str]] = {  # from which state, to which, and the event that says so
    "number.add": (None, "available", "number.added"),
    "number.reserve": ("available", "reserved", "number.reserved"),
    "number.assign": ("reserved", "assigned", "number.assigned"),
    "number.unassign": ("assigned", "reserved", "number.reserved"),
    "number.release": ("reserved", "available", "number.released"),
    "number.lock": ("available", "locked", "number.locked"),
    "number.update": ("locked", "locked", "number.updated"),
    "number.unlock": ("locked", "available", "number.unlocked"),
}
HELD = ("reserved", "locked")


class Holder(BaseModel):
    org: str
    kind: str = "customer"


class Data(BaseModel):
    vendor: str | None = None
    country: str | None = None
    sku: str | None = None
    holder: Holder | None = None
    remark: str | None = None
    subscription: str | None = None
    cause: str | None = None
    routing: str | None = None
    visible_to: list[str] | None = None


class Command(BaseModel):
    id: str
    source: str
    type: str
    subject: str
    time: datetime | None = None
    data: Data


class Event(BaseModel):
    specversion: str = "1.0"
    id: str
    source: str = "/inventory"
    type: str
    subject: str
    time: datetime
    causationid: str
    data: dict[str, Any]


def change(command: Command, now: datetime) -> dict[str, Any]:
    """Give the update of the document."""
    before, after, _ = MOVES[command.type]
    given = command.data.model_dump(exclude_none=True)
    if after in HELD and before != after:
        given["hold"] = {"cause": given.pop("cause", "manual"), "until": now + HOLD_PERIOD}
    changes: dict[str, Any] = {"$set": {"state": after, "since": now, **given}, "$inc": {"version": 1}}
    if after == "available":
        changes["$unset"] = {"hold": "", "holder": "", "subscription": ""}
    return changes


def application() -> FastStream:
    """Make the application from the environment."""
    broker = KafkaBroker(os.environ["KAFKA_BOOTSTRAP_SERVERS"], acks="all", logger=None)
    numbers = AsyncIOMotorClient[dict[str, Any]](os.environ["MONGODB_URL"]).get_default_database()["numbers"]

    @broker.subscriber("inventory.commands", group_id="plain", auto_offset_reset="earliest")
    async def answer(command: Command) -> None:
        now = datetime.now(UTC)
        number = await numbers.find_one_and_update(
            {"_id": command.subject, "state": MOVES[command.type][0]},
            change(command, now),
            upsert=command.type == "number.add",
            return_document=ReturnDocument.AFTER,
        )
        event = Event(
            id=str(uuid4()),
            type=MOVES[command.type][2] if number else "command.rejected",
            subject=command.subject,
            time=now,
            causationid=command.id,
            data=number or {"code": "invalid_transition"},
        )
        await broker.publish(event, "inventory.events", key=command.subject.encode())

    return FastStream(broker, logger=None)


if __name__ == "__main__":
    asyncio.run(application().run())
