"""The ceiling of timers: bare clients claim a page of what is due, re-arm it, and publish a notice of each.

A lane for each partition finds a page in order, then in one transaction deletes and inserts the documents whole and
replaces its fence with what is to be published; commits, publishes. Nothing is decided; bytes are those of
lifecycle-timer, made once.
"""

import asyncio
import os
from datetime import UTC, datetime
from typing import Any, NamedTuple, cast

from aiokafka import AIOKafkaProducer
from pymongo import AsyncMongoClient

from contracts.topics import LIFECYCLE_EVENTS, NOTIFICATION_EVENTS
from services.chassis.garbage import look_seldom
from services.chassis.headers import published_headers
from services.chassis.ports import Transaction
from services.chassis.records import Outgoing
from services.chassis.work import Work
from services.lifecycle_timer.domain import Holder, Timer
from services.lifecycle_timer.handlers import PAGE
from services.lifecycle_timer.notices import tell
from tests.bench.bare import MAJORITY, SNAPSHOT, advance, database_of, producer_of, publish, replace
from tests.bench.load import PARTITIONS

TOPIC = NOTIFICATION_EVENTS.name  # nobody reads it here
IDLE = 0.2  # seconds, when nothing is due
AT = datetime(2026, 3, 1, tzinfo=UTC)


class Bare(NamedTuple):
    """The clients that the lanes share."""

    producer: AIOKafkaProducer
    mongo: AsyncMongoClient[Any]
    timers: Any
    fences: Any


async def lane(bare: Bare, number: int) -> None:
    """Fire what is due in one lane, for ever."""
    notice = sample()
    fence = {"_id": f"bare/{number}", "batch": 0}
    await bare.fences.replace_one({"_id": fence["_id"]}, fence, upsert=True)
    headers = list(published_headers(notice, "bare/bare/0", 1, PAGE - 1))
    while True:
        due = {"lane": number, "next_at": {"$lte": datetime.now(UTC)}}
        page = await bare.timers.find(due, limit=PAGE, batch_size=PAGE + 1).sort("next_at", 1).to_list(None)
        if not page:
            await asyncio.sleep(IDLE)
            continue
        out = [[timer["_id"].encode(), notice.value] for timer in page]
        fence = {"_id": fence["_id"], "batch": fence["batch"] + 1, "out": out}
        await rearm(bare, [{**timer, "next_at": timer["until"], "told": [timer["until"]]} for timer in page], fence)
        await publish(bare.producer, TOPIC, number, out, headers)


async def rearm(bare: Bare, timers: list[Any], fence: dict[str, Any]) -> None:
    """Write the timers, and the fence that has the batch before."""
    async with (
        bare.mongo.start_session() as session,
        await session.start_transaction(SNAPSHOT, MAJORITY),
    ):
        await replace(bare.timers, [timer["_id"] for timer in timers], timers, session)
        await advance(bare.fences, fence, session)


def sample() -> Outgoing:
    """Give a notice as lifecycle-timer publishes it."""
    work = Work(cast(Transaction, None), AT, 0, "/lifecycle-timer", lambda topic: PARTITIONS)
    timer = Timer("+6500000000", 2, 2, "manual", AT, AT, False, Holder("acme", "customer"), None, AT)
    tell(work, timer, "expiring", AT)
    assert work.out[0].topic == LIFECYCLE_EVENTS.name
    return work.out[0]


async def main() -> None:
    """Run all lanes until killed."""
    producer = producer_of()
    mongo: AsyncMongoClient[Any] = AsyncMongoClient(os.environ["MONGODB_URL"])
    database = database_of(mongo)
    await producer.start()
    look_seldom()
    bare = Bare(producer, mongo, database["lifecycle-timer.timers"], database["bare.fences"])
    await asyncio.gather(*(lane(bare, number) for number in range(PARTITIONS)))


if __name__ == "__main__":
    asyncio.run(main())
