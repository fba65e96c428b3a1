"""Connections of the command line to Kafka, each with a deadline and one sentence if there is none.

Importing aiokafka takes long, so it is imported where it is used.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any

from services.chassis.errors import Unusable
from services.chassis.security.cluster import Cluster
from services.chassis.security.refusal import kafka_refusal, rights_trouble

PATIENCE = 10.0  # seconds in which Kafka has to answer


@contextmanager
def kafka_trouble(where: Cluster | str) -> Iterator[None]:
    """Say in one sentence why Kafka cannot be used. Raises `Unusable` for whatever the client raises."""
    from aiokafka.errors import KafkaConnectionError, KafkaError, NoBrokersAvailable, NodeNotReadyError

    named = str(Cluster.of(where))
    try:
        yield
    except TimeoutError:
        raise Unusable(f"Kafka at {named} does not answer in time; KAFKA_BOOTSTRAP_SERVERS must name it.") from None
    except (KafkaConnectionError, NodeNotReadyError, NoBrokersAvailable, OSError):
        if (task := asyncio.current_task()) is not None and task.cancelling():
            raise asyncio.CancelledError from None  # an interrupt, which the client takes for a broken connection
        raise Unusable(
            f"Kafka cannot be reached at {named}; start it (numberbank stack) or correct KAFKA_BOOTSTRAP_SERVERS."
        ) from None
    except ValueError as error:
        raise Unusable(f"KAFKA_BOOTSTRAP_SERVERS is {named!r}, which is no list of host:port: {error}.") from None
    except KafkaError as error:
        denied = rights_trouble(Cluster.of(where), error)
        raise Unusable(denied or f"Kafka at {named} (KAFKA_BOOTSTRAP_SERVERS) refuses: {error}.") from None


@asynccontextmanager
async def _opened(client: Any, close: Any, where: Cluster | str, patience: float) -> AsyncIterator[Any]:
    # The client reports each attempt as a log line; people get one sentence instead.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    try:
        try:
            with kafka_trouble(where):
                async with asyncio.timeout(patience):
                    await client.start()
        except Unusable:
            if sentence := await kafka_refusal(Cluster.of(where)):
                raise Unusable(sentence) from None
            raise
        yield client
    finally:
        with suppress(Exception):
            async with asyncio.timeout(2):
                await close()


@asynccontextmanager
async def admin(where: Cluster | str, patience: float = PATIENCE) -> AsyncIterator[Any]:
    """Open an admin client. Raises `Unusable`."""
    from aiokafka.admin import AIOKafkaAdminClient

    client = AIOKafkaAdminClient(**Cluster.of(where).client, request_timeout_ms=round(patience * 1000))
    async with _opened(client, client.close, where, patience):
        yield client


@asynccontextmanager
async def consumer(where: Cluster | str, patience: float = PATIENCE, **options: object) -> AsyncIterator[Any]:
    """Open a consumer without group, whose partitions are assigned by hand. Raises `Unusable`."""
    from aiokafka import AIOKafkaConsumer

    client = AIOKafkaConsumer(
        **Cluster.of(where).client,
        request_timeout_ms=round(patience * 1000),
        fetch_max_wait_ms=100,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=5 << 20,
        **options,
    )
    async with _opened(client, client.stop, where, patience):
        yield client


@asynccontextmanager
async def producer(where: Cluster | str, patience: float = PATIENCE) -> AsyncIterator[Any]:
    """Open an idempotent producer; records go where `murmur2(key)` says. Raises `Unusable`."""
    from aiokafka import AIOKafkaProducer

    client = AIOKafkaProducer(
        **Cluster.of(where).client,
        request_timeout_ms=round(patience * 1000),
        acks="all",
        enable_idempotence=True,
        linger_ms=2,
        max_request_size=4 << 20,
    )
    async with _opened(client, client.stop, where, patience):
        yield client
