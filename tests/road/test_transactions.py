"""Clients that write in Kafka transactions: aborted records are not seen, and marks hold nobody up."""

from collections.abc import AsyncIterator

import pytest
from aiokafka import AIOKafkaProducer

from services.chassis.partitions import home
from services.chassis.records import Lot
from services.ops.stack import Stack
from tests.road.ledger import COMMANDS, TOPICS, ledger
from tests.road.test_road import answered_once, events
from tests.road.worlds import PARTITIONS, RealWorld, command, until


@pytest.fixture
async def world(stack: Stack) -> AsyncIterator[RealWorld]:
    real = RealWorld(stack.env["KAFKA_BOOTSTRAP_SERVERS"], stack.env["MONGODB_URL"], TOPICS)
    await real.open()
    yield real
    await real.close()


async def test_aborted_commands_are_not_seen_and_marks_are_passed(world: RealWorld) -> None:
    instance = await world.start(ledger())
    lot = Lot(COMMANDS.name, home("ann", PARTITIONS))
    producer = AIOKafkaProducer(bootstrap_servers=world.kafka, transactional_id="billing-1")
    await producer.start()
    for id, kept in (("one", True), ("two", False), ("three", True)):
        await producer.begin_transaction()
        await producer.send_and_wait(COMMANDS.name, command("ann", id=id), b"ann", lot.partition)
        await (producer.commit_transaction() if kept else producer.abort_transaction())
    await producer.stop()
    records = await events(world, 2)

    async def level() -> bool:
        [(_, end)] = (await instance.road.parts.broker.bounds([lot])).values()
        return instance.road.lanes[lot].fence.next == end == 6

    await until(level)
    await instance.stop()
    answered_once(records, ["one", "three"])
