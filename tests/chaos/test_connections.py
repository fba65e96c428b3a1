"""Connections on which nobody answers any more: given up, and no reason not to stop."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from pathlib import Path

import pytest

from services.chassis.kafka import KafkaBroker
from services.chassis.memory import MemoryDatabase, MemoryStore
from services.chassis.metrics import Metrics
from services.chassis.parts import Parts
from services.chassis.records import Lot, Outgoing, Record
from services.chassis.road import Road
from services.chassis.stops import never
from services.inventory.app import service
from services.inventory.settings import InventorySettings
from services.ops.topics import create_topics
from tests.chaos.proxy import Link
from tests.chaos.servers import Servers, proxied_servers
from tests.integration.bank import PARTITIONS


@pytest.fixture
async def servers(tmp_path: Path) -> AsyncIterator[Servers]:
    async with proxied_servers(tmp_path) as servers:
        await create_topics(servers.stack.env["KAFKA_BOOTSTRAP_SERVERS"], PARTITIONS)
        yield servers


@pytest.fixture
async def broker(servers: Servers) -> AsyncIterator[KafkaBroker]:
    broker = KafkaBroker("inventory", [servers.proxied["KAFKA_BOOTSTRAP_SERVERS"]])
    await broker.connect()
    yield broker
    await broker.stop()


class Nobody:
    """An owner that does nothing with its lanes, so that all of them stay paused and nothing is fetched."""

    def __init__(self) -> None:
        self.has = asyncio.Event()

    async def assigned(self, lots: Collection[Lot]) -> None:
        self.has.set()

    async def revoked(self, lots: Collection[Lot]) -> None:
        """Close nothing."""

    def handed(self, lot: Lot, records: Sequence[Record]) -> None:
        """Take nothing."""


LOT = Lot("inventory.commands", 0)
QUESTIONS: dict[str, Callable[[KafkaBroker], Awaitable[object]]] = {
    "noted": lambda broker: broker.noted(LOT),
    "bounds": lambda broker: broker.bounds([LOT]),
    "publish": lambda broker: broker.publish([Outgoing("inventory.events", 0, b"k", b"{}")], "inventory/x/0", 1),
}


@pytest.mark.parametrize("question", QUESTIONS)
async def test_a_connection_on_which_nobody_answers_is_given_up_for_a_new_one(
    servers: Servers, broker: KafkaBroker, question: str
) -> None:
    owner = Nobody()
    await broker.start(["inventory.commands"], owner)
    async with asyncio.timeout(20):
        await owner.has.wait()
    assert servers.proxies["kafka"].strike(Link.abandon)
    async with asyncio.timeout(40):
        await QUESTIONS[question](broker)


async def test_who_is_asked_to_stop_before_kafka_has_let_him_in_stops(servers: Servers, broker: KafkaBroker) -> None:
    declared = InventorySettings.load(servers.proxied)
    store = MemoryStore(MemoryDatabase(), "inventory")
    parts = Parts(service(declared), broker, store, declared.clock(), Metrics(), never)
    servers.kafka.pause()
    stop = asyncio.Event()
    running = asyncio.create_task(Road(parts).run(stop))
    await asyncio.sleep(0.5)
    assert not running.done()
    stop.set()
    async with asyncio.timeout(30):
        await running
    servers.kafka.resume()
