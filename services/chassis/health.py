"""What an orchestrator asks over HTTP: `/livez`, `/readyz`, `/metrics`."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager

import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from services.chassis.errors import WrongSetting
from services.chassis.metrics import Metrics
from services.chassis.road import Road


def _app(roads: Collection[Road], metrics: Metrics) -> Starlette:
    async def alive(request: Request) -> Response:
        return JSONResponse({"status": "alive"})

    async def ready(request: Request) -> Response:
        waiting = [road.parts.service.name for road in roads if not road.ready]
        if waiting:
            return JSONResponse({"status": "not ready", "services": waiting}, status_code=503)
        dead = sum(
            sample.value
            for metric in metrics.dead.collect()
            for sample in metric.samples
            if "created" not in sample.name
        )
        return JSONResponse({"status": "degraded" if dead else "ready", "dead_letters": int(dead)})

    async def figures(request: Request) -> Response:
        return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)

    return Starlette(routes=[Route("/livez", alive), Route("/readyz", ready), Route("/metrics", figures)])


@asynccontextmanager
async def health_server(port: int | None, roads: Collection[Road], metrics: Metrics) -> AsyncIterator[None]:
    """Serve while inside; nothing without a port. Raises `WrongSetting` for a port in use."""
    if port is None:
        yield
        return
    config = uvicorn.Config(_app(roads, metrics), host="0.0.0.0", port=port, log_config=None, access_log=False)
    server = uvicorn.Server(config)
    try:
        sock = config.bind_socket()
    except SystemExit:
        raise WrongSetting(f"--health-port {port} is in use or not allowed; name another one.") from None
    task = asyncio.create_task(server._serve([sock]))
    try:
        yield
    finally:
        server.should_exit = True
        await task
