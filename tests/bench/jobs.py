"""The same with APScheduler and its MongoDB job store: each job publishes a record and comes again in a week."""

import asyncio
import os
import pickle
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from aiokafka import AIOKafkaProducer
from apscheduler.job import Job
from apscheduler.jobstores.mongodb import MongoDBJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger
from pymongo import MongoClient

from tests.bench.rearming import TOPIC, sample

NOTICE = sample().value
_publish: Any = None


def fire(number: str) -> None:
    """Publish a notice."""
    _publish(number)


def jobs(scheduler: BackgroundScheduler, count: int) -> Iterator[dict[str, Any]]:
    """Give jobs that are all due, as the store keeps them: adding them one by one takes longer than firing them."""
    due = datetime.now(UTC) - timedelta(minutes=1)
    for index in range(count):
        number = f"+657{index:07}"
        job = Job(
            scheduler, id=number, func=fire, args=(number,), kwargs={}, name="fire", executor="default",
            trigger=IntervalTrigger(weeks=1, start_date=due, timezone=UTC), next_run_time=due,
            misfire_grace_time=None, coalesce=True, max_instances=1,
        )  # fmt: skip
        state = pickle.dumps(job.__getstate__(), pickle.HIGHEST_PROTOCOL)
        yield {"_id": number, "next_run_time": due.timestamp() + index / 1e6, "job_state": state}


async def main() -> None:
    """Fire jobs until killed."""
    global _publish
    servers, url = os.environ["KAFKA_BOOTSTRAP_SERVERS"], os.environ["MONGODB_URL"]
    producer = AIOKafkaProducer(bootstrap_servers=servers, acks="all", enable_idempotence=True, linger_ms=2)
    await producer.start()
    loop = asyncio.get_running_loop()
    _publish = lambda number: asyncio.run_coroutine_threadsafe(  # noqa: E731
        producer.send(TOPIC, NOTICE, number.encode()), loop
    ).result()
    database = urlsplit(url).path[1:]
    client: MongoClient[dict[str, Any]] = MongoClient(url)
    scheduler = BackgroundScheduler(timezone=UTC)
    scheduler.add_jobstore(MongoDBJobStore(database=database, collection="jobs", client=client))
    client[database]["jobs"].insert_many(list(jobs(scheduler, int(os.environ["BENCH_JOBS"]))))
    scheduler.start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    import tests.bench.jobs  # the module that the jobs name, not this one that is run

    asyncio.run(tests.bench.jobs.main())
