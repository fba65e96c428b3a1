"""An idempotent producer: what a lane has decided, in order, and safe when it returns."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, KafkaTimeoutError

from services.chassis.errors import Refusal
from services.chassis.headers import published_headers
from services.chassis.kafka.attempts import Attempts
from services.chassis.records import Outgoing
from services.chassis.security.cluster import Cluster

REQUEST = 15.0  # seconds for what is published
CLOSE = 5.0  # seconds to leave
BATCH_BYTES = 1536 * 1024  # so that what a batch says to one partition is one chunk, as a rule


class Publisher:
    """Writes closed batches: keyed records one by one would cost half the speed."""

    def __init__(self, service: str, cluster: Cluster, attempts: Attempts) -> None:
        self._service, self._attempts = service, attempts
        self._producer = AIOKafkaProducer(
            **cluster.client,
            client_id=f"numberbank-{service}",
            acks="all",
            enable_idempotence=True,
            linger_ms=2,
            max_batch_size=BATCH_BYTES,
            max_request_size=4 * BATCH_BYTES,
            request_timeout_ms=int(REQUEST * 1000),
        )

    async def start(self) -> None:
        """Connect. Raises what the client raises."""
        await self._producer.start()

    async def stop(self) -> None:
        """Close the connections, with a deadline: an idempotent producer waits for its broker for ever."""
        with suppress(KafkaError, OSError):
            try:
                async with asyncio.timeout(CLOSE):
                    await self._producer.stop()
            except TimeoutError:
                await self._producer.client.close()

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
        """Give the batch to the producer. Raises `Refusal` when it can send nothing any more."""

        async def send() -> Any:
            try:
                return await self._producer.send_batch(builder, topic, partition=partition)
            except KafkaError as error:
                if not error.retriable and not isinstance(error, KafkaTimeoutError):
                    raise Refusal(f"The producer of {self._service} has failed for good: {error!r}.") from error
                raise

        future: asyncio.Future[Any] = await self._attempts.until_it_works(send)
        return future

    def _packed(self, records: Sequence[Outgoing], writer: str, batch: int) -> Iterator[tuple[str, int, Any]]:
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
