"""An idempotent producer: what a lane has decided, in order, and safe when it returns."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, KafkaTimeoutError

from services.chassis.errors import Unusable
from services.chassis.headers import published_headers
from services.chassis.kafka.attempts import Attempts
from services.chassis.records import Lot, Outgoing
from services.chassis.security.cluster import Cluster
from services.chassis.security.refusal import rights_trouble
from services.chassis.work import BREATH

REQUEST = 15.0  # seconds for what is published
CLOSE = 5.0  # seconds to leave
BATCH_BYTES = 1536 * 1024  # so that what a batch says to one partition is one chunk, as a rule


class Publisher:
    """Writes closed batches: keyed records one by one would cost half the speed."""

    def __init__(self, service: str, cluster: Cluster, attempts: Attempts) -> None:
        self._service, self._cluster, self._attempts = service, cluster, attempts
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
        """Write records in order for each partition, and wait until all are safe. Raises `Unusable`."""
        lots: dict[Lot, list[tuple[int, Outgoing]]] = defaultdict(list)
        for ordinal, record in enumerate(records):
            lots[Lot(record.topic, record.partition)].append((ordinal, record))
        try:
            sent = [await self._write(lot, several, writer, batch) for lot, several in lots.items()]
            await asyncio.gather(*sent)
        except KafkaError as error:
            what = f"Kafka has refused records of {writer} for good: {error!r}; see its log and settings."
            raise self._unusable(error, what) from error

    async def _write(
        self, lot: Lot, several: Sequence[tuple[int, Outgoing]], writer: str, batch: int
    ) -> "asyncio.Future[Any]":
        """Give the records of one partition to the producer; give what is left to wait for."""
        builder = self._producer.create_batch()
        for place, (ordinal, record) in enumerate(several, 1):
            headers = list(published_headers(record, writer, batch, ordinal))
            while builder.append(key=record.key, value=record.value, timestamp=None, headers=headers) is None:
                # Were one refused, the producer would deliver the next all the same: so it is awaited.
                await (await self._send(lot, builder))
                builder = self._producer.create_batch()
            if place % BREATH == 0:
                await asyncio.sleep(0)
        return await self._send(lot, builder)

    async def _send(self, lot: Lot, builder: Any) -> "asyncio.Future[Any]":
        """Give the batch to the producer. Raises `Unusable` when it can send nothing any more."""
        builder.close()

        async def send() -> Any:
            try:
                return await self._producer.send_batch(builder, lot.topic, partition=lot.partition)
            except KafkaError as error:
                if not error.retriable and not isinstance(error, KafkaTimeoutError):
                    what = f"The producer of {self._service} has failed for good: {error!r}; see the log of Kafka."
                    raise self._unusable(error, what) from error
                raise

        future: asyncio.Future[Any] = await self._attempts.until_it_works(send)
        return future

    def _unusable(self, error: KafkaError, what: str) -> Unusable:
        """Say which right is missing, or else `what` has happened."""
        return Unusable(rights_trouble(self._cluster, error) or what)
