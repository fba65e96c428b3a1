"""The whole system in one process: services over the doubles, a clock that the test moves, real SMTP."""

import asyncio
import email
import itertools
import json
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.message import Message as Mail
from importlib import import_module
from typing import Any, get_type_hints

from aiosmtpd.controller import Controller

from contracts.fields import format_instant
from contracts.topics import EVERY_TOPIC, SERVICES
from services.chassis.clock import FrozenClock
from services.chassis.memory import MemoryBroker, MemoryCluster, MemoryDatabase, MemoryStore
from services.chassis.metrics import Metrics
from services.chassis.parts import Parts
from services.chassis.road import Road
from services.chassis.stops import never
from services.chassis.tracing import UNTRACED, Tracing
from services.ops.stack.ports import free_port

START = datetime(2026, 1, 1, tzinfo=UTC)
TICK = 0.01
ACME = {"org": "acme", "kind": "customer"}
NUMBER = "+6531580001"


class Postbox:
    """An SMTP server that keeps what it gets."""

    def __init__(self) -> None:
        self.mails: list[Mail] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.mails.append(email.message_from_bytes(envelope.content))
        return "250 OK"


class System:
    """All services, and what a test does with them."""

    def __init__(self, partitions: int = 2, tracing: Callable[[str], Tracing] = lambda service: UNTRACED) -> None:
        self.tracing = tracing
        self.clock = FrozenClock(START)
        self.cluster = MemoryCluster([topic.name for topic in EVERY_TOPIC], partitions)
        self.database = MemoryDatabase()
        self.postbox = Postbox()
        self.metrics = Metrics()
        self.smtp_port = free_port()
        self.open_post()
        self._running: dict[str, tuple[Road, asyncio.Event, asyncio.Task[None]]] = {}
        self._ids = (f"t-{n}" for n in itertools.count(1))

    # -- life

    async def __aenter__(self) -> "System":
        for name in SERVICES:
            await self.start(name)
        return self

    async def __aexit__(self, *failure: object) -> None:
        for name in list(self._running):
            await self.stop(name)
        self.close_post()

    def open_post(self) -> None:
        """Start the mail server; it is the same one again after `close_post`."""
        self._smtp = Controller(self.postbox, hostname="127.0.0.1", port=self.smtp_port)
        self._smtp.start()

    def close_post(self) -> None:
        """Stop the mail server."""
        self._smtp.stop()

    async def start(self, name: str) -> None:
        build = import_module(f"services.{name.replace('-', '_')}.app").service
        kind = get_type_hints(build)["settings"]
        frozen = type("Frozen", (kind,), {"clock": lambda _: self.clock})
        settings = frozen.load({
            "KAFKA_BOOTSTRAP_SERVERS": "none:1", "MONGODB_URL": "mongodb://none",
            "SMTP_URL": f"smtp://127.0.0.1:{self.smtp_port}", "NUMBERBANK_SUPPORT_EMAIL": "support@bank.example",
            "NUMBERBANK_MAIL_FROM": "bank@bank.example",
        })  # fmt: skip
        service = build(settings)
        broker, store = MemoryBroker(self.cluster, name), MemoryStore(self.database, name)
        road = Road(Parts(service, broker, store, self.clock, self.metrics, never, 0.01, TICK, self.tracing(name)))
        stop = asyncio.Event()
        self._running[name] = (road, stop, asyncio.create_task(road.run(stop)))

    async def stop(self, name: str) -> None:
        road, stop, task = self._running.pop(name)
        stop.set()
        await task
        road.parts.tracing.close()

    async def forget(self, service: str) -> None:
        """Drop all that a stopped service has in the database, and its committed offsets."""
        for name in [name for name in self.database.collections if name.startswith(f"{service}.")]:
            self.database.collections[name].clear()
        for note in [note for note in self.cluster.notes if note[0] == service]:
            del self.cluster.notes[note]

    # -- time

    async def passes(self, **period: float) -> None:
        """Let time pass at once, and wait until nobody has anything left to do."""
        self.clock.pass_(timedelta(**period))
        await self.quiet()

    async def quiet(self) -> None:
        """Wait until all input is read and nothing is due."""
        for _, _, task in self._running.values():
            if task.done():
                task.result()
        calm, before = 0, -1
        async with asyncio.timeout(90):
            while calm < 3:
                await asyncio.sleep(3 * TICK)
                written = sum(len(log) for log in self.cluster.logs.values()) + self.database.commits
                calm = calm + 1 if written == before and self._idle() else 0
                before = written

    def _idle(self) -> bool:
        roads = [road for road, _, _ in self._running.values()]
        return all(
            lane.opened and lane.fence.next == len(self.cluster.logs[lot]) and not lane.aiming
            for road in roads
            for lot, lane in road.lanes.items()
        )

    # -- saying and hearing

    async def says(
        self, topic: str, type: str, subject: str, data: Mapping[str, Any], at: datetime | None = None
    ) -> str:
        """Write an event or command, and wait until all has come of it."""
        id = next(self._ids)
        value = envelope(type, subject, data, id=id, time=format_instant(at or self.clock.now()))
        self.cluster.write(topic, subject, value)
        await self.quiet()
        return id

    async def asks(self, type: str, number: str = NUMBER, **data: Any) -> dict[str, Any]:
        """Ask inventory, and give its answer."""
        id = await self.says("inventory.commands", type, number, data)
        [answer] = [event for event in self.heard("inventory.events") if event.get("causationid") == id]
        return answer

    async def bills(
        self, type: str, subscription: str = "S-1", at: datetime | None = None, **data: Any
    ) -> dict[str, Any]:
        """Say something as billing, and give the answer."""
        id = await self.says("billing.events", f"subscription.{type}", subscription, data, at)
        [answer] = [event for event in self.heard("provisioning.events") if event.get("causationid") == id]
        return answer

    def heard(self, topic: str, type: str | None = None) -> list[dict[str, Any]]:
        """Give the events of a topic, in order within a partition."""
        records = [record for lot, log in self.cluster.logs.items() if lot.topic == topic for record in log]
        events = [json.loads(record.value or b"") for record in records]
        return [event for event in events if type is None or event["type"] == type]

    def number(self, number: str = NUMBER) -> dict[str, Any]:
        """Give the present state as its last event tells it."""
        events = [event for event in self.heard("inventory.events") if event["subject"] == number]
        state: dict[str, Any] = [event["data"] for event in events if event["type"] != "command.rejected"][-1]
        return state

    def dead_letters(self) -> list[Any]:
        """Give all dead letters."""
        return [record for lot, log in self.cluster.logs.items() if lot.topic.endswith(".dlq") for record in log]

    # -- stories

    async def add(self, number: str = NUMBER, **attributes: Any) -> None:
        """Bring a number into the bank."""
        data = {"vendor": "v1", "country": "SG", "sku": "sg-local", **attributes}
        answer = await self.asks("number.add", number, **data)
        assert answer["type"] == "number.added", answer

    async def account(self, org: str = "acme", kind: str = "customer", **fields: Any) -> None:
        """Tell who an organisation is."""
        data = {"org": org, "kind": kind, "name": org.title(), **fields}
        await self.says("billing.accounts", "account.updated", org, data)


def envelope(type: str, subject: str, data: Mapping[str, Any], **attributes: str) -> bytes:
    """Write a message as a stranger would."""
    fixed = {"specversion": "1.0", "id": uuid.uuid4().hex, "source": "/test", "type": type, "subject": subject}
    return json.dumps({**fixed, **attributes, "data": data}).encode()
