"""A lane refuses a topic that is not the one it has read: one sentence each, against real Kafka."""

import pytest
from aiokafka.admin import NewPartitions, RecordsToDelete
from aiokafka.structs import TopicPartition

from services.chassis.errors import Refusal
from services.chassis.partitions import home
from services.chassis.records import Lot
from tests.road.ledger import COMMANDS, ledger
from tests.road.test_road import ask, events
from tests.road.worlds import PARTITIONS, RealWorld, until


async def one_life(real: RealWorld, many: int = 3) -> None:
    """Answer some commands and stop."""
    instance = await real.start(ledger())
    await ask(real, "ann", many)
    await events(real, many)
    await instance.stop()


async def refused(real: RealWorld) -> str:
    """Start again, and give the sentence with which the road ends."""
    instance = await real.start(ledger())
    with pytest.raises(Refusal) as refusal:
        await instance.task
    return str(refusal.value)


async def test_a_topic_that_was_made_anew_and_is_shorter_is_refused(real: RealWorld) -> None:
    await one_life(real)
    await real.remove_topics()
    await real.create_topics()
    sentence = await refused(real)
    assert f"partition {home('ann', PARTITIONS)} of topic ledger.commands up to 3, but it ends at 0" in sentence


async def test_a_topic_that_was_made_anew_and_is_as_long_is_refused(real: RealWorld) -> None:
    await one_life(real)
    await real.remove_topics()
    await real.create_topics()
    await ask(real, "ann", 5, prefix="new-")
    assert "it was made anew" in await refused(real)


async def test_records_that_retention_took_unread_are_not_skipped_in_silence(real: RealWorld) -> None:
    await one_life(real)
    await ask(real, "ann", 5, prefix="unread-")
    lot = TopicPartition(COMMANDS.name, home("ann", PARTITIONS))
    await real.admin.delete_records({lot: RecordsToDelete(before_offset=6)})
    assert "up to 3, but it begins at 6: retention has passed records that were never read" in await refused(real)


async def test_records_that_retention_takes_from_a_running_service_end_it(real: RealWorld) -> None:
    instance = await real.start(ledger())
    await ask(real, "ann", 3)
    await events(real, 3)
    lot = Lot(COMMANDS.name, home("ann", PARTITIONS))
    instance.road.parts.broker.pause(lot)
    await ask(real, "ann", 5, prefix="unread-")
    await real.admin.delete_records({TopicPartition(*lot): RecordsToDelete(before_offset=7)})
    with pytest.raises(Refusal, match="retention has passed records that were never read"):
        await instance.task


async def test_retention_of_what_has_been_read_is_no_fault(real: RealWorld) -> None:
    await one_life(real)
    lot = TopicPartition(COMMANDS.name, home("ann", PARTITIONS))
    await real.admin.delete_records({lot: RecordsToDelete(before_offset=3)})
    instance = await real.start(ledger())
    await ask(real, "ann", 2, prefix="new-")
    await events(real, 5)
    await instance.stop()


async def test_another_number_of_partitions_is_refused(real: RealWorld) -> None:
    await one_life(real)
    await real.admin.create_partitions({COMMANDS.name: NewPartitions(PARTITIONS + 1)})

    async def grown() -> bool:
        [topic] = await real.admin.describe_topics([COMMANDS.name])
        return len(topic["partitions"]) == PARTITIONS + 1

    await until(grown)
    sentence = await refused(real)
    assert sentence.startswith(f"Topic ledger.commands has {PARTITIONS + 1} partitions but began with {PARTITIONS}")


async def test_a_missing_topic_is_refused_with_the_command_that_makes_it(real: RealWorld) -> None:
    await real.remove_topics()
    assert await refused(real) == "Topic ledger.commands is missing; run `numberbank topics create`."
    await real.create_topics()
