"""Connections on which nobody answers any more: given up, and no reason not to stop."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.chassis.kafka import KafkaBroker
from services.chassis.lane import Parts
from services.chassis.memory import MemoryDatabase, MemoryStore
from services.chassis.metrics import Metrics
from services.chassis.records import Lot, Outgoing
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


async def test_a_connection_on_which_nobody_answers_is_given_up_for_a_new_one(
    servers: Servers, broker: KafkaBroker
) -> None:
    lot = Lot("inventory.commands", 0)
    assert await broker.noted(lot) is None
    assert servers.proxies["kafka"].strike(Link.abandon)
    async with asyncio.timeout(40):
        assert await broker.noted(lot) is None


async def test_a_producer_that_meets_a_new_topic_on_a_silent_connection_finds_another(
    servers: Servers, broker: KafkaBroker
) -> None:
    writer = "inventory/inventory.commands/0"
    await broker.publish([Outgoing("inventory.events", 0, b"+6531580001", b"{}")], writer, 1)
    assert servers.proxies["kafka"].strike(Link.abandon)
    async with asyncio.timeout(35):  # sooner than the same request would be tried again on the same connection
        await broker.publish([Outgoing("inventory.commands.inventory.dlq", 0, None, b"{")], writer, 2)


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
