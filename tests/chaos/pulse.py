"""A steady probe of every lane of every service: what recovery times are read from.

Inventory and provisioning are asked something, and the answer counts. The others answer nobody:
there a probe counts when the lane's fence has passed it. Mail counts when the next one is stored.
"""

import asyncio
import itertools
import json
import os
import time
import uuid
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from pymongo import AsyncMongoClient
from pymongo.errors import PyMongoError

from services.chassis.fence import FENCES, name_of
from services.chassis.partitions import home
from services.chassis.records import Lot
from tests.chaos.ledger import Said
from tests.chaos.load import Writer
from tests.chaos.traffic import ACCOUNTS, BILLING, COMMANDS
from tests.integration.bank import PARTITIONS, envelope

BEAT = 0.5  # seconds between probes: recovery times are no finer
FOLLOWERS = dict.fromkeys(("lifecycle-timer", "gateway"), "inventory.events")
FENCED = {**FOLLOWERS, "notification": ACCOUNTS}  # where the probe passes
SERVICES = ("inventory", "provisioning", *FENCED)
MAIL = "mail"


class Lane(NamedTuple):
    """Where a probe goes through."""

    service: str
    partition: int


class Pulse:
    """Probes sent and answered, by lane."""

    def __init__(self, servers: str, mongo: AsyncMongoClient[dict[str, Any]], maildir: Path, client: Writer) -> None:
        self._servers, self._database, self._client = servers, mongo.get_default_database("numberbank"), client
        self._maildir = maildir / "new"
        self._subjects = [_subjects(partition) for partition in range(PARTITIONS)]
        self._open: dict[str, tuple[Lane, float]] = {}  # by id of the probe
        self._passing: dict[Lane, list[tuple[int, float]]] = defaultdict(list)  # offset, and when it was sent
        self.answered: dict[Lane, list[tuple[float, float]]] = defaultdict(list)  # sent and answered, real Unix time
        self.wanted: dict[str, set[int]] = {name: set(range(PARTITIONS)) for name in SERVICES} | {MAIL: {0}}

    def recovery(self, at: float, channels: Collection[str]) -> float | None:
        """Give the seconds until each lane had answered a probe sent at `at` or later, None if one never did."""
        took = [self._first(Lane(name, part), at) for name in channels for part in self.wanted[name]]
        return None if None in took else max(seconds for seconds in took if seconds is not None)

    def silent(self, since: float) -> list[Lane]:
        """Give the lanes that have not answered a probe sent since then."""
        lanes = [Lane(name, part) for name in SERVICES for part in self.wanted[name]]
        return [lane for lane in lanes if self._first(lane, since) is None]

    def _first(self, lane: Lane, at: float) -> float | None:
        probes = self.answered[lane]
        first = bisect_left(probes, (at,))
        return probes[first][1] - at if first < len(probes) else None

    async def run(self) -> None:
        """Probe until cancelled."""
        consumer = AIOKafkaConsumer(bootstrap_servers=self._servers, auto_offset_reset="latest", fetch_max_wait_ms=50)
        await consumer.start()
        try:
            topics = ("inventory.events", "provisioning.events", ACCOUNTS)
            consumer.assign([TopicPartition(topic, part) for topic in topics for part in range(PARTITIONS)])
            await asyncio.gather(self._send(), self._hear(consumer), self._look())
        finally:
            await consumer.stop()

    async def _send(self) -> None:
        for turn in itertools.count():
            for partition, (number, subscription, org) in enumerate(self._subjects):
                verb = "update" if turn else "add"
                data = {"vendor": "v", "country": "SG", "sku": "probe", "routing": f"trunk-{turn % 1000}"}
                await self._ask(COMMANDS, f"number.{verb}", partition, number, data, "inventory")
                await self._ask(BILLING, "subscription.renewed", partition, subscription, {}, "provisioning")
                account = {"org": org, "kind": "customer", "name": org}
                await self._ask(ACCOUNTS, "account.updated", partition, org, account, "notification")
            await asyncio.sleep(BEAT)

    async def _ask(self, topic: str, type: str, partition: int, subject: str, data: Any, service: str) -> None:
        id = uuid.uuid4().hex
        self._open[id] = (Lane(service, partition), time.time())
        value = envelope(type, subject, data, id=id, source="/probe")
        await self._client.write(Said(topic, partition, subject, id, subject.encode(), value))

    async def _hear(self, consumer: AIOKafkaConsumer) -> None:
        while True:
            with suppress(KafkaError):  # while the broker is away
                for partition, records in (await consumer.getmany(timeout_ms=200)).items():
                    for record in records:
                        self._take(partition, record)

    def _take(self, partition: TopicPartition, record: Any) -> None:
        envelope = json.loads(record.value)
        id = envelope["id"] if partition.topic == ACCOUNTS else envelope.get("causationid")
        lane, sent = self._open.pop(id, (None, 0.0))
        if lane is None:
            return
        if partition.topic == ACCOUNTS:
            self._passing[lane].append((record.offset, sent))
            return
        self.answered[lane].append((sent, time.time()))
        if lane.service == "inventory":
            for follower in FOLLOWERS:
                self._passing[Lane(follower, partition.partition)].append((record.offset, sent))

    async def _look(self) -> None:
        """See which probes the lanes that answer nobody have passed, and whether mail arrives."""
        mail = 0.0
        while True:
            with suppress(PyMongoError):
                for service, topic in FENCED.items():
                    await self._passed(service, topic)
            if (stored := os.stat(self._maildir).st_mtime) != mail:
                mail = stored
                self.answered[Lane(MAIL, 0)].append((stored, stored))
            await asyncio.sleep(BEAT / 2)

    async def _passed(self, service: str, topic: str) -> None:
        names = {name_of(service, Lot(topic, part)): part for part in range(PARTITIONS)}
        async for fence in self._database[f"{service}.{FENCES}"].find({"_id": {"$in": list(names)}}, {"next": 1}):
            lane = Lane(service, names[fence["_id"]])
            done = [probe for probe in self._passing[lane] if probe[0] < fence["next"]]
            self.answered[lane] += [(sent, time.time()) for _, sent in done]
            self._passing[lane] = self._passing[lane][len(done) :]


def _subjects(partition: int) -> tuple[str, str, str]:
    """Give number, subscription and org that belong to a partition."""
    numbers = (f"+6531{n:06}" for n in itertools.count(590_000))
    others = (f"probe-{n}" for n in itertools.count())
    name = next(name for name in others if home(name, PARTITIONS) == partition)
    return next(number for number in numbers if home(number, PARTITIONS) == partition), name, name
