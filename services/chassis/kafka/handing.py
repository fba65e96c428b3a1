"""What FastStream's subscriber hands over, and how a rebalance is told to the road."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from itertools import groupby
from typing import Any

from aiokafka import ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from faststream.kafka import KafkaMessage

from services.chassis.ports import Broker, Owner
from services.chassis.records import Lot, Record


def hand_to(owner: Owner) -> Callable[[Any], Awaitable[None]]:
    """Give the handler that splits what was fetched by partition."""

    async def hand_over(fetched: Sequence[ConsumerRecord[Any, Any]]) -> None:
        groups = [list(group) for _, group in groupby(fetched, key=lambda record: (record.topic, record.partition))]
        for group in sorted(groups, key=len):  # a busy partition does not keep the quiet ones waiting
            owner.handed(Lot(group[0].topic, group[0].partition), [record_of(record) for record in group])
            await asyncio.sleep(0)

    return hand_over


def record_of(record: ConsumerRecord[Any, Any]) -> Record:
    """Give a record as the chassis knows it."""
    return Record(
        record.topic, record.partition, record.offset, record.timestamp, record.key, record.value, record.headers
    )


async def parse(message: Any) -> KafkaMessage:
    """Leave the records as they are: one odd header would cost the batch."""
    return KafkaMessage(body=b"", raw_message=message, consumer=None)  # type: ignore[arg-type]


async def decode(message: Any) -> Any:
    """Give the records."""
    return message.raw_message


class Listener(ConsumerRebalanceListener):  # type: ignore[misc]
    """Tells the road of a rebalance; an exception in here would be swallowed, so there is none."""

    def __init__(self, broker: Broker, owner: Owner) -> None:
        self._broker, self._owner = broker, owner

    async def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        """Take the lanes back."""
        await self._owner.revoked([Lot(*tp) for tp in revoked])

    async def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        """Hand the lanes out."""
        lots = [Lot(*tp) for tp in assigned]
        for lot in lots:  # a position, or the fetcher asks for Kafka's commit; paused until the lane is open
            self._broker.pause(lot)
            self._broker.seek(lot, 0)
        await self._owner.assigned(lots)
