"""The server of the HTTP API: it lives as long as the process, beside the lanes."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import cast

import uvicorn

from contracts.topics import INVENTORY_EVENTS
from services.chassis.beside import beside
from services.chassis.errors import WrongSetting
from services.chassis.kafka import Follower, Sender
from services.chassis.parts import Parts
from services.chassis.ports import Viewer
from services.chassis.service import Edge
from services.gateway.bulk.clerk import Clerk
from services.gateway.bulk.jobs import Jobs, JobStore
from services.gateway.finding import Finder
from services.gateway.http.admission import Admission
from services.gateway.http.api import api
from services.gateway.http.commanding import Commands
from services.gateway.http.connection import connections
from services.gateway.http.desk import Desk
from services.gateway.http.figures import Figures
from services.gateway.http.limits import Limits
from services.gateway.http.narrow import Narrow
from services.gateway.http.streaming import SlowReader
from services.gateway.http.waiting import Waiting
from services.gateway.outcomes import Outcomes
from services.gateway.past import Historian
from services.gateway.present import Present
from services.gateway.repeats import Repeats
from services.gateway.settings import GatewaySettings
from services.gateway.tokens import Tokens

log = logging.getLogger(__name__)

GRACE = 5  # seconds in which requests are answered that were asked before the end
SEARCHES, TURN = 3, 1.0  # at once in a process, and seconds that others wait for a turn
PATIENCE = 2.0  # seconds that a search may take
EXPORTED, EXPORTS_TURN = 2, 60.0  # pages of exports at once, whose searches may take longer
BACKLOG = 512  # connections that wait to be taken
CONNECTIONS = 500  # that are open, besides streams of changes
UNREAD = 30_000  # milliseconds after which a connection is cut whose other side takes nothing of what was sent


def edges_of(settings: GatewaySettings) -> tuple[Edge, ...]:
    """Give what serves HTTP beside the lanes, nothing where no port is set."""
    if settings.http_port is None:
        return ()
    port = settings.http_port

    @asynccontextmanager
    async def edge(parts: Parts) -> AsyncIterator[Sequence["asyncio.Task[None]"]]:
        viewer = Narrow(cast(Viewer, parts.store), SEARCHES, TURN)
        waiting = Waiting(Outcomes(viewer))
        with _listening(settings.http_host, port) as listener:
            async with (
                beside(waiting.run(), "looking for outcomes") as looking,
                _desk(parts, settings, viewer, waiting) as desk,
                _serving(desk, listener) as serving,
            ):
                yield looking, serving

    return (edge,)


@asynccontextmanager
async def _desk(parts: Parts, settings: GatewaySettings, viewer: Viewer, waiting: Waiting) -> AsyncIterator[Desk]:
    tokens, figures = Tokens(parts.store), Figures(parts.metrics.registry)
    exporter = Finder(Narrow(cast(Viewer, parts.store), EXPORTED, EXPORTS_TURN))
    now = asyncio.get_running_loop().time
    admission = Admission(tokens, Limits(settings.http_rate, now), figures, now)
    views = Finder(viewer, patience=PATIENCE), exporter, Present(viewer), Historian(viewer, PATIENCE)
    jobs = Jobs(cast(JobStore, parts.store))
    clerk = Clerk(jobs, parts.clock, settings.bulk_deletes, settings.strict_numbers)
    async with _commands(parts, viewer, settings, waiting) as commands:
        yield Desk(
            *views, commands, tokens, clerk, admission, figures, parts.clock, settings.policy,
            _follower(parts, settings), settings.http_streams, asyncio.Event(),
        )  # fmt: skip


def _follower(parts: Parts, settings: GatewaySettings) -> Callable[[], Follower]:
    topic = INVENTORY_EVENTS.name
    return lambda: Follower(parts.service.name, settings.kafka, topic, parts.broker.partitions(topic))


@asynccontextmanager
async def _commands(
    parts: Parts, viewer: Viewer, settings: GatewaySettings, waiting: Waiting
) -> AsyncIterator[Commands]:
    sender = Sender(parts.service.name, settings.kafka)
    try:
        yield Commands(sender, Outcomes(viewer), waiting, Repeats(parts.store), parts.clock)
    finally:
        await sender.stop()


def _listening(host: str, port: int) -> socket.socket:
    """Listen, beside other workers if there are any. Raises `WrongSetting`."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise WrongSetting(f"NUMBERBANK_HTTP_HOST is {host!r}, which is no address here: {error.strerror}.") from None
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if hasattr(socket, "TCP_USER_TIMEOUT"):  # on Linux; connections have it from who listens
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNREAD)
        listener.bind(address)
    except OSError:
        listener.close()
        raise WrongSetting(f"NUMBERBANK_HTTP_PORT {port} is in use or not allowed; name another one.") from None
    return listener


@asynccontextmanager
async def _serving(desk: Desk, listener: socket.socket) -> AsyncIterator["asyncio.Task[None]"]:
    config = uvicorn.Config(
        api(desk), log_config=None, access_log=False, lifespan="off", ws="none", server_header=False,
        http=connections(CONNECTIONS + desk.streams), backlog=BACKLOG, timeout_graceful_shutdown=GRACE,
        proxy_headers=True, forwarded_allow_ips="127.0.0.1",
    )  # fmt: skip
    logging.getLogger("uvicorn.error").addFilter(_is_of_note)
    server = uvicorn.Server(config)
    task = asyncio.create_task(server._serve([listener]), name="the HTTP server")
    try:
        yield task
    finally:
        desk.closing.set()
        server.should_exit = True
        await asyncio.wait([task])
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("the HTTP server has failed", exc_info=error)


def _is_of_note(record: logging.LogRecord) -> bool:
    """Leave out that somebody reads too slowly: their connection is cut by an error, and it is no defect."""
    return not (record.exc_info and isinstance(record.exc_info[1], SlowReader))
