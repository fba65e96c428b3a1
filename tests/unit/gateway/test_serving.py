"""The edge as it is watched: whatever of it ends by itself, the process hears of."""

import asyncio
import socket
from types import SimpleNamespace
from typing import Any

import pytest
import uvicorn
from prometheus_client import CollectorRegistry

from services.chassis.clock import SystemClock
from services.chassis.memory import MemoryDatabase, MemoryStore
from services.gateway.app import service
from services.gateway.bulk.runner import Runner
from services.gateway.http import edge
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
