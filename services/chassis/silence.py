"""Gives up a connection to Kafka on which a request was not answered in time.

aiokafka does so after most requests, but not after the one that refreshes its metadata: that one would find the same
silence again and again, and whoever waits for it, a producer that meets a new topic for example, would wait for ever.
"""

from collections.abc import Awaitable
from typing import Any

from aiokafka import conn
from aiokafka.conn import AIOKafkaConnection, CloseReason


class _Impatient(AIOKafkaConnection):  # type: ignore[misc]
    """A connection that is closed by the first request that nobody answers."""

    def send(self, request: Any, expect_response: bool = True) -> Awaitable[Any]:
        """Send a request; the answer is awaited for as long as the client allows."""
        return self._answered(super().send(request, expect_response))

    async def _answered(self, answer: Awaitable[Any]) -> Any:
        try:
            return await answer
        except TimeoutError:
            self.close(reason=CloseReason.CONNECTION_TIMEOUT)
            raise


def give_up_silence() -> None:
    """Let all clients of this process do so."""
    conn.AIOKafkaConnection = _Impatient
