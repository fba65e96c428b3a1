"""The edge as it is watched: whatever of it ends by itself, the process hears of."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest
import uvicorn
from prometheus_client import CollectorRegistry

from services.chassis.clock import SystemClock
from services.chassis.memory import MemoryDatabase, MemoryStore
from services.gateway.app import service
from services.gateway.bulk.runner import Runner
from services.gateway.http import connection, edge
from services.gateway.http.connection import connections
from services.gateway.http.waiting import Waiting
from services.gateway.settings import GatewaySettings
from services.ops.stack.ports import free_port


def parts() -> Any:
    return SimpleNamespace(
        service=SimpleNamespace(name="gateway"), store=MemoryStore(MemoryDatabase(), "gateway"), clock=SystemClock(),
        metrics=SimpleNamespace(registry=CollectorRegistry()),
    )  # fmt: skip


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="only Linux lets one say so")
async def test_who_takes_nothing_of_what_was_sent_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edge, "UNREAD", 500)
    ended = asyncio.Event()

    class Sent(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            assert isinstance(transport, asyncio.Transport)
            transport.write(b"x" * 50_000_000)  # more than the system takes for the other side
            transport.close()

        def connection_lost(self, error: Exception | None) -> None:
            ended.set()

    port = free_port()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Sent, sock=edge._listening("127.0.0.1", port))
    async with server:
        with socket.create_connection(("127.0.0.1", port)):
            await asyncio.wait_for(ended.wait(), 60)


async def test_newcomers_are_turned_away_where_it_is_full_and_who_asks_nothing_is_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(connection, "SILENT", 0.5)

    async def says_hello(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})

    port = free_port()
    server = uvicorn.Server(uvicorn.Config(says_hello, log_config=None, lifespan="off", http=connections(2)))
    serving = asyncio.create_task(server._serve([edge._listening("127.0.0.1", port)]))
    try:
        async with _opened(port) as first, _opened(port) as silent:
            async with _opened(port) as third:
                assert await third.is_left()
            assert await first.asks() == b"HTTP/1.1 200 OK"
            assert await silent.is_left()
            assert await first.asks() == b"HTTP/1.1 200 OK"
            async with _opened(port) as fourth:
                assert await fourth.asks() == b"HTTP/1.1 200 OK"
    finally:
        server.should_exit = True
        await serving


class Opened(NamedTuple):
    """A connection of a client."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def asks(self) -> bytes:
        self.writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = await asyncio.wait_for(self.reader.readuntil(b"ok"), 30)
        return answer.partition(b"\r\n")[0]

    async def is_left(self) -> bool:
        try:
            return await asyncio.wait_for(self.reader.read(), 30) == b""
        except ConnectionError:
            return True


@asynccontextmanager
async def _opened(port: int) -> AsyncIterator[Opened]:
    while (opened := await _tried(port)) is None:
        await asyncio.sleep(0.01)
    try:
        yield opened
    finally:
        opened.writer.close()
        with suppress(ConnectionError):
            await opened.writer.wait_closed()


async def _tried(port: int) -> Opened | None:
    try:
        return Opened(*await asyncio.open_connection("127.0.0.1", port))
    except ConnectionRefusedError:
        return None


@pytest.mark.parametrize("broken", [(uvicorn.Server, "_serve"), (Waiting, "run"), (Runner, "run")])
async def test_a_part_of_the_edge_that_fails_is_given_to_be_watched(
    broken: tuple[type, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_: Any) -> None:
        raise OSError

    monkeypatch.setattr(*broken, fails)
    settings = GatewaySettings.load({
        "KAFKA_BOOTSTRAP_SERVERS": "localhost:9", "MONGODB_URL": "mongodb://localhost:9/?replicaSet=rs0",
        "NUMBERBANK_HTTP_PORT": str(free_port()),
    })  # fmt: skip
    bulk, http = service(settings).edges
    async with asyncio.timeout(30), bulk(parts()) as jobs, http(parts()) as desk:
        done, others = await asyncio.wait([*jobs, *desk], return_when=asyncio.FIRST_COMPLETED)
        assert [type(task.exception()) for task in done] == [OSError]
        assert len(others) == 2
