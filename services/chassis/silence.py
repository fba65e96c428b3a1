"""Gives up a connection to Kafka on which a request was not answered in time.

aiokafka does so after most requests, but not after the one that refreshes its metadata, nor when whoever asked gives up
first, as its own deadline for offsets always does. Both would find the same silence again and again: a producer that
meets a new topic, or a lane that is to be opened, would wait for ever.
"""

import asyncio
from collections.abc import Awaitable
from typing import Any

from aiokafka import conn
from aiokafka.conn import AIOKafkaConnection, CloseReason

SILENT = 8.0  # seconds after which a request that is given up says something of its connection


class _Impatient(AIOKafkaConnection):  # type: ignore[misc]
    """A connection that is closed by the first request that nobody answers."""

    def send(self, request: Any, expect_response: bool = True) -> Awaitable[Any]:
        """Send a request; the answer is awaited for as long as the client allows."""
        return self._answered(super().send(request, expect_response))

    async def _answered(self, answer: Awaitable[Any]) -> Any:
        now = asyncio.get_running_loop().time
        asked = now()
        try:
            return await answer
        except (TimeoutError, asyncio.CancelledError) as given_up:
            if isinstance(given_up, TimeoutError) or now() - asked >= SILENT:
                self.close(reason=CloseReason.CONNECTION_TIMEOUT)
            raise


def give_up_silence() -> None:
    """Let all clients of this process do so."""
    conn.AIOKafkaConnection = _Impatient
