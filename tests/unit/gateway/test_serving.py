"""The edge as it is watched: whatever of it ends by itself, the process hears of."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
import uvicorn
from prometheus_client import CollectorRegistry

from services.chassis.clock import SystemClock
from services.chassis.memory import MemoryDatabase, MemoryStore
from services.gateway.app import service
from services.gateway.bulk.runner import Runner
from services.gateway.http.waiting import Waiting
from services.gateway.settings import GatewaySettings
from services.ops.stack.ports import free_port


def parts() -> Any:
    return SimpleNamespace(
        service=SimpleNamespace(name="gateway"), store=MemoryStore(MemoryDatabase(), "gateway"), clock=SystemClock(),
        metrics=SimpleNamespace(registry=CollectorRegistry()),
    )  # fmt: skip


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
