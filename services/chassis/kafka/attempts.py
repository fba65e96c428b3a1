"""Trying again, in place, while Kafka is away."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from aiokafka.errors import KafkaError

from services.chassis.errors import Refusal, Unusable
from services.chassis.retry import Delays
from services.chassis.security.cluster import Cluster
from services.chassis.security.refusal import rights_trouble

log = logging.getLogger(__name__)
T = TypeVar("T")
DEADLINE = 10.0  # seconds for one attempt; then its connection is given up (silence.py)


class Attempts:
    """What is asked of Kafka until it works, or until it is too late to try."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self.stopping = False  # set when it is too late

    async def until_it_works(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """Attempt, with growing delays between. Raises `Refusal` when too late, `Unusable` without the right to."""
        delays = Delays(first=0.1)
        while True:
            try:
                async with asyncio.timeout(DEADLINE):
                    return await attempt()
            except (KafkaError, TimeoutError, OSError) as error:
                if (denied := rights_trouble(self._cluster, error)) is not None:
                    raise Unusable(denied) from error
                if self.stopping:
                    raise Refusal(f"Kafka is away while stopping: {error!r}.") from error
                log.warning("Kafka away", extra={"trouble": repr(error)})
                await delays.wait()
