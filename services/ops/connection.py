"""Connections of the command line to Kafka, each with a deadline and one sentence if there is none.

Importing aiokafka takes long, so it is imported where it is used.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any

from services.chassis.errors import Unusable

PATIENCE = 10.0  # seconds in which Kafka has to answer


def servers(bootstrap: str | Sequence[str]) -> list[str]:
    """Give the servers as a list, also of a text with commas."""
    parts = bootstrap.split(",") if isinstance(bootstrap, str) else bootstrap
    return [part.strip() for part in parts if part.strip()]


@contextmanager
def kafka_trouble(bootstrap: str | Sequence[str]) -> Iterator[None]:
    """Say in one sentence why Kafka cannot be used. Raises `Unusable` for whatever the client raises."""
    from aiokafka.errors import KafkaConnectionError, KafkaError, NoBrokersAvailable, NodeNotReadyError

    named = ",".join(servers(bootstrap))
    try:
        yield
    except (KafkaConnectionError, NodeNotReadyError, NoBrokersAvailable, OSError):
        raise Unusable(
            f"Kafka cannot be reached at {named}; start it (numberbank stack) or correct KAFKA_BOOTSTRAP_SERVERS."
        ) from None
    except TimeoutError:
        raise Unusable(f"Kafka at {named} does not answer in time; KAFKA_BOOTSTRAP_SERVERS must name it.") from None
    except ValueError as error:
        raise Unusable(f"KAFKA_BOOTSTRAP_SERVERS is {named!r}, which is no list of host:port: {error}.") from None
    except KafkaError as error:
        raise Unusable(f"Kafka at {named} (KAFKA_BOOTSTRAP_SERVERS) refuses: {error}.") from None


@asynccontextmanager
async def _opened(client: Any, close: Any, bootstrap: str | Sequence[str], patience: float) -> AsyncIterator[Any]:
    # The client reports each attempt as a log line; people get one sentence instead.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    try:
        with kafka_trouble(bootstrap):
            async with asyncio.timeout(patience):
                await client.start()
        yield client
    finally:
        with suppress(Exception):
            async with asyncio.timeout(2):
                await close()


@asynccontextmanager
async def admin(bootstrap: str | Sequence[str], patience: float = PATIENCE) -> AsyncIterator[Any]:
    """Open an admin client. Raises `Unusable`."""
    from aiokafka.admin import AIOKafkaAdminClient

    client = AIOKafkaAdminClient(bootstrap_servers=servers(bootstrap), request_timeout_ms=round(patience * 1000))
    async with _opened(client, client.close, bootstrap, patience):
        yield client


@asynccontextmanager
async def consumer(bootstrap: str | Sequence[str], patience: float = PATIENCE, **options: object) -> AsyncIterator[Any]:
    """Open a consumer without group, whose partitions are assigned by hand. Raises `Unusable`."""
    from aiokafka import AIOKafkaConsumer

    client = AIOKafkaConsumer(
        bootstrap_servers=servers(bootstrap),
        request_timeout_ms=round(patience * 1000),
        fetch_max_wait_ms=100,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=5 << 20,
        **options,
    )
    async with _opened(client, client.stop, bootstrap, patience):
        yield client


@asynccontextmanager
async def producer(bootstrap: str | Sequence[str], patience: float = PATIENCE) -> AsyncIterator[Any]:
    """Open an idempotent producer; records go where `murmur2(key)` says. Raises `Unusable`."""
    from aiokafka import AIOKafkaProducer

    client = AIOKafkaProducer(
        bootstrap_servers=servers(bootstrap),
        request_timeout_ms=round(patience * 1000),
        acks="all",
        enable_idempotence=True,
        linger_ms=2,
        max_request_size=4 << 20,
    )
    async with _opened(client, client.stop, bootstrap, patience):
        yield client
