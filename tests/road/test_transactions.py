"""Clients that write in Kafka transactions: aborted records are not seen, and marks hold nobody up."""

from aiokafka import AIOKafkaProducer

from services.chassis.partitions import home
from services.chassis.records import Lot
from tests.road.ledger import COMMANDS, ledger
from tests.road.test_road import answered_once, events
from tests.road.worlds import PARTITIONS, RealWorld, command, until


async def test_aborted_commands_are_not_seen_and_marks_are_passed(real: RealWorld) -> None:
    instance = await real.start(ledger())
    lot = Lot(COMMANDS.name, home("ann", PARTITIONS))
    producer = AIOKafkaProducer(bootstrap_servers=real.kafka, transactional_id="billing-1")
    await producer.start()
    for id, kept in (("one", True), ("two", False), ("three", True)):
        await producer.begin_transaction()
        await producer.send_and_wait(COMMANDS.name, command("ann", id=id), b"ann", lot.partition)
        await (producer.commit_transaction() if kept else producer.abort_transaction())
    await producer.stop()
    records = await events(real, 2)

    async def level() -> bool:
        [(_, end)] = (await instance.road.parts.broker.bounds([lot])).values()
        return instance.road.lanes[lot].fence.next == end == 6

    await until(level)
    await instance.stop()
    answered_once(records, ["one", "three"])
