"""Kafka as the road needs it: a FastStream batch subscriber to take, a producer of its own to publish.

FastStream hands over raw batches under manual acknowledgement: its defaults commit before or after
errors, and one odd header would cost a batch (services/DECISIONS.md).
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import groupby, islice
from typing import Any, TypeVar

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.errors import IllegalStateError, KafkaError, KafkaTimeoutError
from aiokafka.structs import OffsetAndMetadata
from faststream import AckPolicy
from faststream.kafka import KafkaBroker as FastStreamBroker
from faststream.kafka import KafkaMessage
from faststream.kafka.subscriber.usecase import BatchSubscriber

from services.chassis.errors import Refusal, Unusable
from services.chassis.headers import published_headers
from services.chassis.ports import Owner
from services.chassis.records import Lot, Outgoing, Record
from services.chassis.retry import Delays
from services.chassis.security.broker import shown
from services.chassis.security.cluster import Cluster
from services.chassis.security.refusal import kafka_refusal, rights_trouble
from services.chassis.silence import give_up_silence
from services.chassis.tolerance import tolerate
from services.chassis.work import BREATH

log = logging.getLogger(__name__)

T = TypeVar("T")
REQUEST = 8.0  # seconds for a question of the admin client
PRODUCE = 15.0  # seconds for what is published
JOIN = 15.0  # seconds, at least, that a rebalance waits for the members
DEADLINE = 10.0  # seconds for one attempt; then its connection is given up (silence.py)
CLOSE = 10.0  # seconds to leave
NOTE = 2.0  # seconds for a commit of offsets, which a rebalance may wait for
CONNECT = 15.0  # seconds to find Kafka at the start
BATCH_BYTES = 1536 * 1024  # so that what a batch says to one partition is one chunk, as a rule


class KafkaBroker:
    """A member of the group `service`, and an idempotent producer."""

    def __init__(self, service: str, where: Cluster | Sequence[str], session_timeout: float = 6.0) -> None:
        self._service, self._cluster, self._session = service, Cluster.of(where), session_timeout
        self._counts: dict[str, int] = {}
        self._producer = AIOKafkaProducer(
            **self._cluster.client,
            client_id=f"numberbank-{service}",
            acks="all",
            enable_idempotence=True,
            linger_ms=2,
            max_batch_size=BATCH_BYTES,
            max_request_size=4 * BATCH_BYTES,
            request_timeout_ms=int(PRODUCE * 1000),
        )
        self._admin = AIOKafkaAdminClient(
            **self._cluster.client,
            client_id=f"numberbank-{service}-admin",
            request_timeout_ms=int(REQUEST * 1000),
        )
        self._faststream: FastStreamBroker | None = None
        self._subscriber: BatchSubscriber | None = None
        self._stopping = False

    # -- life

    async def connect(self) -> None:
        """Find Kafka and its topics. Raises `Unusable`."""
        give_up_silence()
        try:
            async with asyncio.timeout(CONNECT):
                await self._producer.start()
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
        await self._until_it_works(lambda: self._admin.list_consumer_group_offsets(self._service))
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
            listener=_Listener(self, owner),
            parser=_parse,
            decoder=_decode,
        )

        async def hand_over(message: Any) -> None:
            for (topic, partition), records in groupby(message, key=lambda r: (r.topic, r.partition)):
                for some in _portions(records):
                    owner.handed(Lot(topic, partition), [_record(record) for record in some])
                    await asyncio.sleep(0)  # they are read there: other lanes come first now and then

        subscriber(hand_over)
        try:
            await self._faststream.start()
        except KafkaError as error:
            raise Unusable(
                f"Kafka at {self._cluster} has gone while {self._service} was joining: {error!r}."
            ) from error

    async def stop(self) -> None:
        """Leave the group and close all connections, with a deadline: none of it is needed for safety."""
        self._stopping = True
        if self._faststream is not None:
            with suppress(TimeoutError, KafkaError):
                async with asyncio.timeout(CLOSE):
                    await self._faststream.stop()
        await self._close()

    async def _close(self) -> None:
        for close in (self._producer.stop, self._admin.close):
            with suppress(TimeoutError, KafkaError, OSError):
                async with asyncio.timeout(CLOSE / 2):
                    await close()

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

        return await self._until_it_works(ask)

    async def noted(self, lot: Lot) -> int | None:
        """Give the batch that was noted last as published, None without one."""
        wanted = TopicPartition(*lot)

        async def ask() -> int | None:
            offsets = await self._admin.list_consumer_group_offsets(self._service, partitions=[wanted])
            metadata = offsets[wanted].metadata if wanted in offsets else ""
            return int(metadata) if metadata and metadata.isdigit() else None

        return await self._until_it_works(ask)

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
        sent: dict[tuple[str, int], asyncio.Future[Any]] = {}
        try:
            for topic, partition, builder in self._packed(records, writer, batch):
                if (before := sent.get((topic, partition))) is not None:
                    await before  # were it refused, the producer would deliver the next one all the same
                sent[topic, partition] = await self._send(topic, partition, builder)
            await asyncio.gather(*sent.values())
        except KafkaError as error:
            raise Refusal(
                f"Kafka has refused records of {writer} for good: {error!r}; see its log and settings."
            ) from error

    async def _send(self, topic: str, partition: int, builder: Any) -> "asyncio.Future[Any]":
        """Give the batch to the producer. Raises `KafkaError` when it can send nothing any more."""

        async def send() -> Any:
            try:
                return await self._producer.send_batch(builder, topic, partition=partition)
            except KafkaError as error:
                if not error.retriable and not isinstance(error, KafkaTimeoutError):
                    raise Refusal(f"The producer of {self._service} has failed for good: {error!r}.") from error
                raise

        future: asyncio.Future[Any] = await self._until_it_works(send)
        return future

    def _packed(self, records: Sequence[Outgoing], writer: str, batch: int) -> Iterator[tuple[str, int, Any]]:
        """Give closed batches: keyed records one by one would cost half the speed."""
        lots: dict[tuple[str, int], list[tuple[int, Outgoing]]] = defaultdict(list)
        for ordinal, record in enumerate(records):
            lots[record.topic, record.partition].append((ordinal, record))
        for (topic, partition), several in lots.items():
            builder = self._producer.create_batch()
            for ordinal, record in several:
                headers = list(published_headers(record, writer, batch, ordinal))
                while builder.append(key=record.key, value=record.value, timestamp=None, headers=headers) is None:
                    yield topic, partition, builder
                    builder = self._producer.create_batch()
            builder.close()
            yield topic, partition, builder

    async def _until_it_works(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """Retry in place while the broker is away. Raises what is left when it is too late to try."""
        delays = Delays(first=0.1)
        while True:
            try:
                async with asyncio.timeout(DEADLINE):
                    return await attempt()
            except (KafkaError, TimeoutError, OSError) as error:
                if (denied := rights_trouble(self._cluster, error)) is not None:
                    raise Unusable(denied) from error
                if self._stopping:
                    raise Refusal(f"Kafka is away while stopping: {error!r}.") from error
                log.warning("Kafka away", extra={"trouble": repr(error)})
                await delays.wait()


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]
    """Tells the road of a rebalance; an exception in here would be swallowed, so there is none."""

    def __init__(self, broker: KafkaBroker, owner: Owner) -> None:
        self._broker, self._owner = broker, owner

    async def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        await self._owner.revoked([Lot(*tp) for tp in revoked])

    async def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        lots = [Lot(*tp) for tp in assigned]
        for lot in lots:  # a position, or the fetcher asks for Kafka's commit; paused until the lane is open
            self._broker.pause(lot)
            self._broker.seek(lot, 0)
        await self._owner.assigned(lots)


def _portions(records: Iterator[Any]) -> Iterator[list[Any]]:
    while some := list(islice(records, BREATH)):
        yield some


def _record(record: ConsumerRecord[Any, Any]) -> Record:
    return Record(
        record.topic, record.partition, record.offset, record.timestamp, record.key, record.value, record.headers
    )


async def _parse(message: Any) -> KafkaMessage:
    return KafkaMessage(body=b"", raw_message=message, consumer=None)  # type: ignore[arg-type]


async def _decode(message: Any) -> Any:
    return message.raw_message
