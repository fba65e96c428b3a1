"""Who speaks to the bank: checked messages, sent over several connections."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from itertools import groupby
from typing import Any, Self

from contracts.fields import format_instant
from services.ops.connection import producer
from services.ops.demo.scenes import Say
from services.ops.envelopes import HEADERS, Sending, sending

TOGETHER = 2  # callers, so that a race is one


class Callers:
    """Callers, each with a connection of its own."""

    def __init__(self, producers: Sequence[Any]) -> None:
        self._producers = producers
        self._count = 0

    @classmethod
    @asynccontextmanager
    async def connected(cls, bootstrap: str) -> AsyncIterator[Self]:
        """Give callers while inside. Raises `Unusable`."""
        async with AsyncExitStack() as entered:
            yield cls([await entered.enter_async_context(producer(bootstrap)) for _ in range(TOGETHER)])

    async def say(self, says: Iterable[Say], now: datetime, *, race: bool, patience: float) -> list[Sending]:
        """Send, one caller all or in a `race` each caller some; give what Kafka has taken.

        What is said to another topic waits for what was said before. Raises `TimeoutError`.
        """
        sendings = [self._sending(say, now) for say in says]
        async with asyncio.timeout(patience):
            for _, together in groupby(sendings, lambda each: each.topic):
                await self._send([*together], self._producers if race else self._producers[:1])
        return sendings

    def _sending(self, say: Say, now: datetime) -> Sending:
        self._count += 1
        return sending(
            say.topic, say.type, say.subject, say.data_at(now), id=f"demo-{self._count}", time=format_instant(now),
            actor=say.actor,
        )  # fmt: skip

    async def _send(self, sendings: Sequence[Sending], producers: Sequence[Any]) -> None:
        sent = [
            await producers[index % len(producers)].send(
                each.topic, each.value, key=each.subject.encode(), headers=HEADERS
            )
            for index, each in enumerate(sendings)
        ]
        await asyncio.gather(*sent)
