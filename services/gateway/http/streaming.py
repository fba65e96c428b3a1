"""Answers that come in parts: as fast as they are read and no faster, and never more of them than there is room for."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import contextmanager

from prometheus_client import Gauge
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from services.gateway.http.problems import BUSY, TOO_MANY, Problem, retry_after

SLOW = 30.0  # seconds for a part to be taken by whoever reads
_AGAIN = 10.0  # seconds

Parts = AsyncGenerator[bytes, None]


class SlowReader(Exception):
    """Whoever reads is too slow, and is left: no defect, but an answer that is cut off has to look so."""


class Slots:
    """Room for so many streams of a kind in this process, `each` of them for one token."""

    def __init__(self, most: int, each: int, kind: str, open: Gauge) -> None:
        self._left, self._most, self._each, self._kind, self._open = most, most, each, kind, open.labels(kind)
        self._taken: Counter[str] = Counter()

    @contextmanager
    def taken(self, token: str) -> Iterator[None]:
        """Have room while inside. Raises `Problem` where there is none."""
        if self._taken[token] >= self._each:
            detail = f"This token has {self._each} streams of {self._kind} open, and no more at once; close one."
            raise Problem(TOO_MANY, detail, headers=retry_after(_AGAIN))
        if self._left <= 0:
            detail = f"{self._most} streams of {self._kind} are open, and no more at once; try again later."
            raise Problem(BUSY, detail, headers=retry_after(_AGAIN))
        self._left -= 1
        self._taken[token] += 1
        self._open.inc()
        try:
            yield
        finally:
            self._left += 1
            self._taken -= Counter((token,))  # and a token that has none is forgotten
            self._open.dec()


class Stream(Response):
    """An answer in parts. It ends with them, when nobody reads on, or when whoever reads is too slow."""

    def __init__(self, first: bytes, rest: Parts, media_type: str, headers: Mapping[str, str] | None = None) -> None:
        self.status_code, self.media_type, self.background = 200, media_type, None
        self._first, self._rest = first, rest
        self.init_headers(headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send all parts, unless whoever reads leaves."""
        sending = asyncio.create_task(self._send(send))
        leaving = asyncio.create_task(_left(receive))
        try:
            await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if sending.done():
                sending.result()
        finally:
            for task in (sending, leaving):
                task.cancel()
            await asyncio.gather(sending, leaving, return_exceptions=True)
            await self._rest.aclose()

    async def _send(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await _taken(send, self._first)
        async for part in self._rest:
            await _taken(send, part)
        await _taken(send, b"", more=False)


async def started(request: Request, parts: Parts, media_type: str, headers: Mapping[str, str] | None = None) -> Stream:
    """Give the answer of parts, once there is a first one: what goes wrong before is a problem as any other.

    Raises `ClientDisconnect`, and ends the parts, when nobody waits for them any longer.
    """

    async def first() -> bytes:
        return await anext(parts, b"")

    making, leaving = asyncio.create_task(first()), asyncio.create_task(_left(request.receive))
    try:
        await asyncio.wait({making, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if making.done():
            return Stream(making.result(), parts, media_type, headers)
        raise ClientDisconnect
    finally:
        gone = not making.done()
        for task in (making, leaving):
            task.cancel()
        await asyncio.gather(making, leaving, return_exceptions=True)
        if gone:
            await parts.aclose()


async def _taken(send: Send, part: bytes, *, more: bool = True) -> None:
    try:
        async with asyncio.timeout(SLOW):
            await send({"type": "http.response.body", "body": part, "more_body": more})
    except TimeoutError:
        raise SlowReader from None


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
