"""A TCP proxy in front of one server, which cuts, holds and slows down what passes."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass, field

from services.ops.stack.ports import HOST, free_port

CHUNK = 64 * 1024
RESET = struct.pack("ii", 1, 0)  # SO_LINGER without time: closing sends RST


@dataclass
class Weather:
    """What happens to every chunk that passes."""

    delay: float = 0.0  # seconds
    rate: float = 0.0  # bytes a second; 0: as fast as it goes

    async def let_pass(self, size: int) -> None:
        """Wait as long as a chunk takes."""
        seconds = self.delay + (size / self.rate if self.rate else 0.0)
        if seconds:
            await asyncio.sleep(seconds)


@dataclass(eq=False)
class Link:
    """One connection through the proxy."""

    client: asyncio.StreamWriter
    server: asyncio.StreamWriter
    weather: Weather
    deaf: asyncio.Event = field(default_factory=asyncio.Event)  # set: nothing passes any more

    async def pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry bytes one way until the end."""
        with contextlib.suppress(OSError):
            while data := await reader.read(CHUNK):
                await self.weather.let_pass(len(data))
                if not self.deaf.is_set():
                    writer.write(data)
                    await writer.drain()

    def cut(self) -> None:
        """Reset both sides."""
        _reset(self.client)
        _reset(self.server)

    def abandon(self) -> None:
        """Drop the server's side and leave the client with a connection on which nobody answers."""
        self.deaf.set()
        _reset(self.server)


class Proxy:
    """Listens on `port` and leads to `target`, a port of this machine."""

    def __init__(self, target: int) -> None:
        self.target, self.port = target, free_port()
        self.weather = Weather()
        self._links: set[Link] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> "Proxy":
        self._server = await asyncio.start_server(self._accept, HOST, self.port)
        return self

    async def __aexit__(self, *failure: object) -> None:
        self._server.close()
        for link in self._links:
            link.cut()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=5)

    def strike(self, blow: Callable[[Link], None], chosen: Callable[[], bool] = lambda: True) -> int:
        """Do something to those connections that are chosen; give how many."""
        struck = [link for link in self._links if not link.deaf.is_set() and chosen()]
        for link in struck:
            blow(link)
        return len(struck)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        try:
            far_reader, far_writer = await asyncio.open_connection(HOST, self.target)
        except OSError:
            _reset(writer)
            return
        link = Link(writer, far_writer, self.weather)
        self._links.add(link)
        try:
            await self._carry(link, reader, far_reader)
        finally:
            self._links.discard(link)
            link.cut()

    async def _carry(self, link: Link, near: asyncio.StreamReader, far: asyncio.StreamReader) -> None:
        ways = [asyncio.ensure_future(link.pump(near, link.server)), asyncio.ensure_future(link.pump(far, link.client))]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            if link.deaf.is_set():  # until the client gives it up
                await asyncio.wait(ways[:1])
        finally:
            for way in ways:
                way.cancel()


def _reset(writer: asyncio.StreamWriter) -> None:
    sock = writer.get_extra_info("socket")
    if sock is not None and not writer.transport.is_closing():
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        writer.transport.abort()
