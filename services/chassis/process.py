"""Runs services in one process, from their declaration to the signal that ends them."""

import asyncio
import logging
import signal
from collections.abc import Sequence
from contextlib import AsyncExitStack

from services.chassis.errors import Refusal
from services.chassis.garbage import look_seldom
from services.chassis.health import health_server
from services.chassis.kafka import KafkaBroker
from services.chassis.metrics import CountedLines, Metrics
from services.chassis.mongo import MongoStore
from services.chassis.parts import Parts
from services.chassis.road import Road
from services.chassis.service import Service
from services.chassis.settings import Settings
from services.chassis.tracing import tracing_of

log = logging.getLogger(__name__)


async def serve(services: Sequence[tuple[Service, Settings]], health_port: int | None = None) -> None:
    """Run until SIGTERM or SIGINT. Raises `Refusal` when one of the services cannot go on."""
    stop, metrics = asyncio.Event(), Metrics()
    logging.getLogger("services").addHandler(CountedLines(metrics))
    loop = asyncio.get_running_loop()
    for ending in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(ending, stop.set)
    roads = [await connected(service, settings, metrics) for service, settings in services]
    look_seldom()
    log.info("started", extra={"services": [service.name for service, _ in services]})
    async with health_server(health_port, roads, metrics):
        await _served(roads, stop)
    log.info("stopped")


async def connected(service: Service, settings: Settings, metrics: Metrics) -> Road:
    """Give the road of a service whose servers are found. Raises `Refusal`."""
    tracing = tracing_of(service.name, settings)
    broker = KafkaBroker(service.name, settings.kafka, settings.session_timeout)
    await broker.connect()
    store = MongoStore(settings.mongo.get_secret_value(), service.owner, service.fences)
    try:
        await store.connect(service)
    except Refusal:
        await broker.stop()
        raise
    patience = settings.session_timeout / 6
    parts = Parts(service, broker, store, settings.clock(), metrics, settings.step(), patience, tracing=tracing)
    return Road(parts)


async def _served(roads: Sequence[Road], asked: asyncio.Event) -> None:
    """Run all roads until asked to stop, or until one of them, or a task of an edge, ends badly; then all are stopped.

    What runs beside them ends first, for it needs them.
    """
    stop = asyncio.Event()
    tasks = [asyncio.create_task(road.run(stop), name=road.parts.service.name) for road in roads]
    asking = asyncio.create_task(asked.wait())
    try:
        async with AsyncExitStack() as edges:
            beside = list[asyncio.Task[None]]()
            for road in roads:
                for edge in road.parts.service.edges:
                    beside += await edges.enter_async_context(edge(road.parts))
            await asyncio.wait([asking, *tasks, *beside], return_when=asyncio.FIRST_COMPLETED)
            _check(beside)
    finally:
        asking.cancel()
        stop.set()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        for road in roads:
            road.parts.store.close()
            await asyncio.to_thread(road.parts.tracing.close)
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome


def _check(beside: Sequence["asyncio.Task[None]"]) -> None:
    """Make sure that what runs beside the roads still does: nobody would hear of it. Raises `Refusal`."""
    for task in beside:
        if task.done():
            error = None if task.cancelled() else task.exception()
            log.error("edge ends", exc_info=error, extra={"edge": task.get_name()})
            what = type(error).__name__ if error else "nobody has asked it to"
            raise Refusal(f"{task.get_name()} has ended by itself: {what}; see the log, and start this process anew.")
