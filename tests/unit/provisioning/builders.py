"""What the tests of provisioning are made of: facts with what does not matter filled in, and a town.

The town has the real inventory beside provisioning, both over stores in memory. Everything that is
said in it is read by its contract, as its readers would.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from contracts.fields import format_instant, instant_of
from contracts.message import Message
from contracts.topics import BILLING_EVENTS, INVENTORY_COMMANDS, INVENTORY_EVENTS, PROVISIONING_COMMANDS, TOPICS
from services.chassis.memory import MemoryDatabase, MemoryStore
from services.chassis.ports import Document
from services.chassis.service import Service
from services.chassis.work import Taken, Work
from services.inventory import app as inventory_app
from services.inventory.settings import InventorySettings
from services.provisioning import app as provisioning_app
from services.provisioning.settings import ProvisioningSettings

NOW = datetime(2026, 3, 1, tzinfo=UTC)
REAL = 1_772_000_000_000  # real time of the broker, Unix milliseconds: nothing to do with NOW
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
A, B, C, D = (f"+653158000{n}" for n in range(1, 5))
ACME, RIVAL = {"org": "acme", "kind": "customer"}, {"org": "rival", "kind": "customer"}
PAID_UNTIL = format_instant(NOW + 90 * DAY)
ADAPTERS = {topic.name: topic.adapter() for topic in TOPICS}
ENVIRON = {"KAFKA_BOOTSTRAP_SERVERS": "localhost:9092", "MONGODB_URL": "mongodb://localhost"}

_ids = count(1)

# The least that each event needs.
LEAST: dict[str, dict[str, Any]] = {
    "subscription.activated": {"account": ACME, "product": "did", "numbers": []},
    "subscription.changed": {"added": [], "removed": []},
    "subscription.swapped": {"old": A, "new": B},
    "subscription.transferred": {"account": RIVAL},
}


def message(topic: str, type: str, subject: str, data: dict[str, Any], **attributes: Any) -> Message:
    """A message as it is read from the wire."""
    envelope = {
        "specversion": "1.0", "id": f"m-{next(_ids)}", "source": "/billing", "type": type, "subject": subject,
        "data": data, **attributes,
    }  # fmt: skip
    read: Message = ADAPTERS[topic].validate_json(json.dumps(envelope))
    return read


def fact(event: str, *, of: str = "S-1", id: str | None = None, at: datetime | None = None, **data: Any) -> Message:
    """A billing event, `event` without `subscription.`; data replace the least that it needs."""
    type = f"subscription.{event}"
    attributes = {"id": id, "time": format_instant(at) if at else None}
    given = {name: value for name, value in attributes.items() if value is not None}
    return message(BILLING_EVENTS.name, type, of, LEAST.get(type, {}) | data, **given)


def wish(number: str, did_reservation: str = "R-1", **attributes: Any) -> Message:
    """A person's wish to extend the reservation of a number."""
    data = {"did_reservation": did_reservation, "remark": "still wanted"}
    return message(PROVISIONING_COMMANDS.name, "reservation.extend", number, data, source="/ops", **attributes)


def order(type: str, number: str, *, id: str | None = None, **data: Any) -> Message:
    """A command that an operator sends to inventory."""
    return message(INVENTORY_COMMANDS.name, type, number, data, source="/ops", **({"id": id} if id else {}))


def in_bank(number: str, **attributes: Any) -> Message:
    """A number that joins the bank."""
    return order("number.add", number, **{"vendor": "v1", "country": "SG", "sku": "sg-local", **attributes})


def reserved(number: str, holder: dict[str, str] = ACME) -> tuple[Message, Message]:
    """A number that joins the bank and is reserved by hand."""
    return in_bank(number), order("number.reserve", number, holder=holder, remark="for a campaign")


class Town:
    """Billing, people, provisioning and inventory; topics of one partition each."""

    def __init__(self) -> None:
        self.now, self.real = NOW, REAL
        self.database = MemoryDatabase()
        self.said: list[dict[str, Any]] = []  # everything, in order, each with its `topic`
        self.waiting: dict[str, list[Message]] = {topic.name: [] for topic in TOPICS}
        self.policy: dict[str, str] = {}

    async def hears(self, *messages: Message) -> list[dict[str, Any]]:
        """Take messages in one batch and work until nothing is left to do; give the answers of provisioning."""
        before = len(self.said)
        self.receives(*messages)
        while await self.step():
            pass
        return [m for m in self.said[before:] if m["topic"] == "provisioning.events"]

    async def answer(self, message: Message) -> "Answer":
        """Take one message; give its one answer."""
        [answer] = await self.hears(message)
        return Answer(answer)

    def receives(self, *messages: Message) -> None:
        """Put messages into their topics."""
        for one in messages:
            self.waiting[_topic_of(one)].append(one)

    async def step(self, *topics: str) -> bool:
        """Let each of some topics, or of all, be read to its end once, by services that have just been started."""
        done = False
        for service in self.services():
            for source in service.inputs:
                name = source.topic.name
                if (batch := self.waiting[name]) and (not topics or name in topics):
                    self.waiting[name] = []
                    await self._handle(service, source.handle, batch)
                    done = True
        return done

    def services(self) -> tuple[Service, Service]:
        """Both services; they keep nothing but documents, so they may as well be new each time."""
        provisioning = ProvisioningSettings.load(ENVIRON | self.policy)
        return provisioning_app.service(provisioning), inventory_app.service(InventorySettings.load(ENVIRON))

    async def _handle(self, service: Service, handle: Any, batch: Sequence[Message]) -> None:
        store = MemoryStore(self.database, service.name)
        async with store.transaction() as transaction:
            work = Work(transaction, self.now, 0, service.source, lambda topic: 1)
            await handle(work, [Taken(one, self.real) for one in batch])
        for record in work.out:
            assert record.value is not None
            read = ADAPTERS[record.topic].validate_json(record.value)
            self.said.append({"topic": record.topic, **json.loads(record.value)})
            self.waiting[record.topic].append(read)

    def asked(self, *types: str) -> list[dict[str, Any]]:
        """The commands to inventory so far."""
        commands = (m for m in self.said if m["topic"] == INVENTORY_COMMANDS.name)
        return [command for command in commands if not types or command["type"] in types]

    def documents(self, collection: str) -> dict[str, Document]:
        """What provisioning has stored."""
        return self.database.collections[f"provisioning.{collection}"]

    def holdings(self) -> dict[str, Document]:
        """What provisioning takes for numbers of subscriptions, without what it has been told is one no longer."""
        return {number: stored for number, stored in self.documents("holdings").items() if "state" in stored}

    def number(self, number: str) -> Document:
        """A number as inventory has it, its times as such."""
        stored = self.database.collections["inventory.numbers"][number]
        hold = stored["hold"] and {**stored["hold"], **_times(stored["hold"], "until", "free_until")}
        return {**stored, "hold": hold, **_times(stored, "since")}

    def assigned_to(self, subscription: str) -> list[str]:
        """The numbers that inventory has assigned to a subscription."""
        numbers = self.database.collections["inventory.numbers"].values()
        return sorted(number["_id"] for number in numbers if number["subscription"] == subscription)


class Answer:
    """An answer of provisioning, as tests want to compare it."""

    def __init__(self, envelope: dict[str, Any]) -> None:
        self.envelope = envelope
        self.type: str = envelope["type"].removeprefix("provisioning.")
        self.code: str | None = envelope["data"].get("code")
        self.numbers: list[tuple[str, ...]] = [
            (one["number"], one["outcome"], *([one["code"]] if "code" in one else []))
            for one in envelope["data"]["numbers"]
        ]

    def __eq__(self, other: object) -> bool:
        return (self.type, self.code, self.numbers) == other

    def __repr__(self) -> str:
        return repr((self.type, self.code, self.numbers))


def completed(*numbers: tuple[str, ...]) -> tuple[str, None, list[tuple[str, ...]]]:
    """What an answer is equal to when nothing was rejected."""
    return "completed", None, list(numbers)


def failed(code: str, *numbers: tuple[str, ...]) -> tuple[str, str, list[tuple[str, ...]]]:
    """What an answer is equal to when something was rejected, first for `code`."""
    return "failed", code, list(numbers)


async def town_with(*numbers: str, **attributes: Any) -> Town:
    """A town with available numbers."""
    town = Town()
    await town.hears(*(in_bank(number, **attributes) for number in numbers))
    return town


def _topic_of(one: Message) -> str:
    head = one.type.partition(".")[0]
    return {
        "subscription": BILLING_EVENTS, "reservation": PROVISIONING_COMMANDS, "number": INVENTORY_COMMANDS,
    }.get(head, INVENTORY_EVENTS).name  # fmt: skip


def _times(stored: Document, *names: str) -> Document:
    return {name: None if stored[name] is None else instant_of(stored[name]) for name in names}
