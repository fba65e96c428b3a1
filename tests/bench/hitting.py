"""Requests over HTTP as fast as they are answered, over some connections that stay open."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress

READY = 60.0  # seconds until a server has to answer


class Answers:
    """How long each answer took, in milliseconds, and how long all together, in seconds."""

    def __init__(self) -> None:
        self.times: list[float] = []
        self.seconds = 0.0

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.times) / self.seconds if self.seconds else 0.0


async def hit(port: int, requests: Sequence[bytes], connections: int, seconds: float) -> Answers:
    """Send the requests in turn for so long. Raises `RuntimeError` for an answer that is not 200."""
    answers, end, begun = Answers(), time.perf_counter() + seconds, time.perf_counter()

    async def ask(nth: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
        try:
            turn = nth
            while (at := time.perf_counter()) < end:
                writer.write(requests[turn % len(requests)])
                await _answered(reader)
                answers.times.append((time.perf_counter() - at) * 1000)
                turn += connections
        finally:
            writer.close()

    await asyncio.gather(*(ask(nth) for nth in range(connections)))
    answers.seconds = time.perf_counter() - begun
    return answers


async def until_answered(port: int, request: bytes) -> None:
    """Wait until a server answers. Raises `TimeoutError`."""
    async with asyncio.timeout(READY):
        while True:
            with suppress(OSError, RuntimeError, asyncio.IncompleteReadError):
                await hit(port, [request], 1, 0.01)
                return
            await asyncio.sleep(0.1)


async def _answered(reader: asyncio.StreamReader) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(f"Not answered as it should be: {head[:100]!r}")
    length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    await reader.readexactly(int(length.partition(b":")[2]))
