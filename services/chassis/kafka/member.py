"""A member of the group, and what it may ask.

FastStream hands over raw batches under manual acknowledgement: its defaults commit before or after
errors, and one odd header would cost a batch (services/DECISIONS.md).
"""

import asyncio
import logging
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.errors import IllegalStateError, KafkaError
from aiokafka.structs import OffsetAndMetadata
from faststream import AckPolicy
from faststream.kafka import KafkaBroker as FastStreamBroker
from faststream.kafka.subscriber.usecase import BatchSubscriber

from services.chassis.errors import Unusable
from services.chassis.kafka.attempts import Attempts
from services.chassis.kafka.handing import Listener, decode, hand_to, parse
from services.chassis.kafka.publisher import Publisher
from services.chassis.ports import Owner
from services.chassis.records import Lot, Outgoing
from services.chassis.security.broker import shown
from services.chassis.security.cluster import Cluster
from services.chassis.security.refusal import kafka_refusal, rights_trouble
from services.chassis.silence import give_up_silence
from services.chassis.tolerance import tolerate

log = logging.getLogger(__name__)

REQUEST = 8.0  # seconds for a question of the admin client
JOIN = 15.0  # seconds, at least, that a rebalance waits for the members
CLOSE = 10.0  # seconds to leave
NOTE = 2.0  # seconds for a commit of offsets, which a rebalance may wait for
CONNECT = 15.0  # seconds to find Kafka at the start


class KafkaBroker:
    """A member of the group `service`, and an idempotent producer."""

    def __init__(self, service: str, where: Cluster | Sequence[str], session_timeout: float = 6.0) -> None:
        self._service, self._cluster, self._session = service, Cluster.of(where), session_timeout
        self._counts: dict[str, int] = {}
        self._attempts = Attempts(self._cluster)
        self._publisher = Publisher(service, self._cluster, self._attempts)
        self._admin = AIOKafkaAdminClient(
            **self._cluster.client,
            client_id=f"numberbank-{service}-admin",
            request_timeout_ms=int(REQUEST * 1000),
        )
        self._faststream: FastStreamBroker | None = None
        self._subscriber: BatchSubscriber | None = None

    # -- life

    async def connect(self) -> None:
        """Find Kafka and its topics. Raises `Unusable`."""
        give_up_silence()
        try:
            async with asyncio.timeout(CONNECT):
                await self._publisher.start()
                await self._admin.start()
                topics = await self._admin.describe_topics()
        except (KafkaError, TimeoutError, OSError) as error:
            await self._close()
            raise Unusable(
                rights_trouble(self._cluster, error)
                or await kafka_refusal(self._cluster)
                or f"KAFKA_BOOTSTRAP_SERVERS: no Kafka answers at {self._cluster}; start it, or set the variable to "
                f"where it is."
            ) from error
        self._counts = {topic["topic"]: len(topic["partitions"]) for topic in topics if not topic["error_code"]}

    async def start(self, topics: Collection[str], owner: Owner) -> None:
        """Join the group for these topics. Raises `Unusable` when that is not allowed."""
        tolerate()
        # Asked here, for the consumer would go on trying to join in silence.
        await self._attempts.until_it_works(lambda: self._admin.list_consumer_group_offsets(self._service))
        self._faststream = FastStreamBroker(
            list(self._cluster.servers),
            security=shown(self._cluster),
            client_id=f"numberbank-{self._service}",
            consumer_only=True,
            allow_auto_create_topics=False,
            apply_types=False,
            graceful_timeout=20,
            request_timeout_ms=int((max(self._session, JOIN) + 5) * 1000),
            logger=None,
        )
        self._subscriber = subscriber = self._faststream.subscriber(
            *topics,
            group_id=self._service,
            batch=True,
            ack_policy=AckPolicy.MANUAL,
            no_reply=True,
            auto_offset_reset="none",  # the fence says where to begin, nothing else
            isolation_level="read_committed",
            partition_assignment_strategy=(RangePartitionAssignor,),
            session_timeout_ms=int(self._session * 1000),
            heartbeat_interval_ms=int(min(self._session / 6, 1.0) * 1000),
            max_poll_interval_ms=24 * 3600 * 1000,  # longer than any outage: the watchdog looks instead
            rebalance_timeout_ms=int(max(self._session, JOIN) * 1000),
            fetch_max_wait_ms=100,
            max_partition_fetch_bytes=1 << 20,
            batch_timeout_ms=10,
            max_records=8_000,
            listener=Listener(self, owner),
            parser=parse,
            decoder=decode,
        )
        subscriber(hand_to(owner))
        try:
            await self._faststream.start()
        except KafkaError as error:
            raise Unusable(
                f"Kafka at {self._cluster} has gone while {self._service} was joining: {error!r}."
            ) from error

    async def stop(self) -> None:
        """Leave the group and close all connections, with a deadline: none of it is needed for safety."""
        self._attempts.stopping = True
        if self._faststream is not None:
            with suppress(TimeoutError, KafkaError):
                async with asyncio.timeout(CLOSE):
                    await self._faststream.stop()
        await self._close()

    async def _close(self) -> None:
        await self._publisher.stop()
        with suppress(TimeoutError, KafkaError, OSError):
            async with asyncio.timeout(CLOSE / 2):
                await self._admin.close()

    @property
    def consumer(self) -> AIOKafkaConsumer:
        """The member's consumer. Raises `IllegalStateError` before `start` and after `stop`."""
        consumer = self._subscriber.consumer if self._subscriber is not None else None
        if consumer is None:
            raise IllegalStateError("not a member of the group")
        return consumer

    # -- questions

    def partitions(self, topic: str) -> int:
        """Give the number of partitions of a topic. Raises `Refusal` without that topic."""
        count = self._counts.get(topic)
        if count is None:
            hidden = f", or user {self._cluster.user.name!r} may not see it" if self._cluster.user else ""
            raise Unusable(f"Topic {topic} is missing{hidden}; run `numberbank topics create`.")
        return count

    async def bounds(self, lots: Collection[Lot]) -> dict[Lot, tuple[int, int]]:
        """Give the first offset that is kept and the next one to be written."""
        wanted = [TopicPartition(*lot) for lot in lots]

        async def ask() -> dict[Lot, tuple[int, int]]:
            consumer = self.consumer
            beginnings, ends = await asyncio.gather(consumer.beginning_offsets(wanted), consumer.end_offsets(wanted))
            return {Lot(*tp): (beginnings[tp], ends[tp]) for tp in wanted}

        return await self._attempts.until_it_works(ask)

    async def noted(self, lot: Lot) -> int | None:
        """Give the batch that was noted last as published, None without one."""
        wanted = TopicPartition(*lot)

        async def ask() -> int | None:
            offsets = await self._admin.list_consumer_group_offsets(self._service, partitions=[wanted])
            metadata = offsets[wanted].metadata if wanted in offsets else ""
            return int(metadata) if metadata and metadata.isdigit() else None

        return await self._attempts.until_it_works(ask)

    async def note(self, done: Mapping[Lot, tuple[int, int]]) -> bool:
        """Commit the group's offsets, with the batch as their metadata; tell whether it worked."""
        offsets = {TopicPartition(*lot): OffsetAndMetadata(offset, str(batch)) for lot, (offset, batch) in done.items()}
        try:
            async with asyncio.timeout(NOTE):
                await self.consumer.commit(offsets)
        except (KafkaError, TimeoutError) as error:  # a rebalance, or the broker is away: the fence knows
            log.debug("offsets not committed", extra={"trouble": repr(error)})
            return False
        return True

    async def position(self, lot: Lot) -> int:
        """Give the offset after what was handed over, control records included."""
        try:
            return int(await self.consumer.position(TopicPartition(*lot)))
        except (KafkaError, TimeoutError):
            return 0

    # -- steering; a lot that has just gone is nobody's to steer

    def seek(self, lot: Lot, offset: int) -> None:
        """Hand over from `offset` on."""
        with suppress(IllegalStateError):
            self.consumer.seek(TopicPartition(*lot), offset)

    def pause(self, lot: Lot) -> None:
        """Hand over nothing until `resume`."""
        with suppress(IllegalStateError):
            self.consumer.pause(TopicPartition(*lot))

    def resume(self, lot: Lot) -> None:
        """Hand over again."""
        with suppress(IllegalStateError):
            self.consumer.resume(TopicPartition(*lot))

    # -- publishing

    async def publish(self, records: Sequence[Outgoing], writer: str, batch: int) -> None:
        """Write records in order for each partition, and wait until all are safe. Raises `Refusal`."""
        await self._publisher.publish(records, writer, batch)
