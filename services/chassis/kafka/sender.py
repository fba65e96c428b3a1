"""A producer for those who wait: records, each safe or given up within a deadline."""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from services.chassis.errors import KafkaAway
from services.chassis.headers import CONTENT
from services.chassis.security.cluster import Cluster
from services.chassis.work import BREATH

log = logging.getLogger(__name__)

DEADLINE = 5.0  # seconds for a record to be safe
EACH = 0.001  # seconds more for each of many that are written at once
CLOSE = 2.0  # seconds to leave
BATCH_BYTES = 256 * 1024  # whoever writes more to a partition at once waits for each such part


class Sender:
    """Writes records as an idempotent producer. It starts when it is needed, and anew after trouble.

    A producer that has missed a deadline is given up with all that it still holds, so that nothing is written long
    after its sender was told that it was not.
    """

    def __init__(self, name: str, cluster: Cluster, deadline: float = DEADLINE) -> None:
        self._name, self._cluster, self._deadline = name, cluster, deadline
        self._starting: asyncio.Task[AIOKafkaProducer] | None = None

    async def send(self, topic: str, key: str, value: bytes) -> None:
        """Write an event where its key belongs, and wait until it is safe. Raises `KafkaAway`."""
        await self.send_all(topic, [(key, value)])

    async def send_all(self, topic: str, records: Sequence[tuple[str, bytes]]) -> None:
        """Write events, keys and values, and wait until all are safe. Raises `KafkaAway`; some may be safe then."""
        starting = self._starting = self._starting or asyncio.create_task(self._started())
        try:
            async with asyncio.timeout(self._deadline + len(records) * EACH):
                await self._written(await asyncio.shield(starting), topic, records)
        except (KafkaError, OSError, TimeoutError) as error:
            log.warning("Kafka away", extra={"trouble": type(error).__name__})
            if self._starting is starting:
                self._starting = None
                asyncio.create_task(_given_up(starting))  # noqa: RUF006 - it ends by itself, soon
            raise KafkaAway(type(error).__name__) from error
        except asyncio.CancelledError:
            asking = asyncio.current_task()
            if starting.cancelled() and asking is not None and not asking.cancelling():
                raise KafkaAway("given up by another") from None  # which had waited for the same producer
            raise

    @staticmethod
    async def _written(producer: AIOKafkaProducer, topic: str, records: Sequence[tuple[str, bytes]]) -> None:
        sent = []
        for place, (key, value) in enumerate(records, 1):
            sent.append(await producer.send(topic, value, key.encode(), headers=[CONTENT]))
            if place % BREATH == 0:
                await asyncio.sleep(0)
        await asyncio.gather(*sent)

    async def stop(self) -> None:
        """Close the connections."""
        if self._starting is not None:
            await _given_up(self._starting)

    async def _started(self) -> AIOKafkaProducer:
        producer = AIOKafkaProducer(
            **self._cluster.client,
            client_id=f"numberbank-{self._name}-sender",
            acks="all",
            enable_idempotence=True,
            linger_ms=1,
            max_batch_size=BATCH_BYTES,
            request_timeout_ms=int(self._deadline * 1000),
        )
        try:
            await producer.start()
        except BaseException:
            await _closed(producer)
            raise
        return producer


async def _given_up(starting: "asyncio.Task[AIOKafkaProducer]") -> None:
    starting.cancel()
    with suppress(asyncio.CancelledError, KafkaError, OSError):
        producer = await starting
        # Not `stop`, which would go on writing; and an idempotent producer would wait for its broker for ever.
        await producer._sender.close()
        producer._closed = True
        await producer.client.close()


async def _closed(producer: AIOKafkaProducer) -> None:
    with suppress(KafkaError, OSError, TimeoutError):
        async with asyncio.timeout(CLOSE):
            await producer.stop()
