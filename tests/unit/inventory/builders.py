"""What the tests of inventory are made of: commands with everything that does not matter filled in, and a bank."""

import json
from collections import Counter
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from contracts.fields import format_instant
from contracts.inventory import Asked
from contracts.policy import Policy
from contracts.topics import INVENTORY_COMMANDS, INVENTORY_EVENTS
from services.chassis.memory import MemoryDatabase, MemoryStore, MemoryTransaction
from services.chassis.ports import Document, Transaction
from services.chassis.work import Taken, Work
from services.inventory.app import service
from services.inventory.domain import Classified, Number, Rejected, Terms, decide
from services.inventory.settings import InventorySettings

NUMBER = "+6531580001"
NOW = datetime(2026, 3, 1, tzinfo=UTC)
REAL = 1_772_000_000_000  # real time of the broker, Unix milliseconds: nothing to do with NOW
DAY = timedelta(days=1)
SHIPPED = Policy.shipped()
ACME = {"org": "acme"}
RIVAL = {"org": "rival"}
READ_COMMAND = INVENTORY_COMMANDS.adapter()
READ_EVENT = INVENTORY_EVENTS.adapter()

# The least that each command needs.
LEAST: dict[str, dict[str, Any]] = {
    "number.add": {"vendor": "v1", "country": "SG", "sku": "sg-local"},
    "number.import": {
        "vendor": "v1", "country": "SG", "sku": "sg-local", "state": "available", "since": "2026-01-01T00:00:00Z",
    },
    "number.update": {"routing": "trunk-2"},
    "number.reserve": {"holder": ACME, "remark": "for a campaign"},
    "number.extend": {"did_reservation": "R-1", "holder": ACME, "until": "2026-06-01T00:00:00Z"},
    "number.end_extension": {"did_reservation": "R-1"},
    "number.release": {"remark": "not needed"},
    "number.assign": {"subscription": "S-1", "holder": ACME},
    "number.transfer": {"subscription": "S-1", "holder": RIVAL},
    "number.unassign": {"subscription": "S-1", "cause": "subscription_expired"},
    "number.lock": {"remark": "nuisance calls"},
    "number.unlock": {"remark": "quiet again"},
    "number.delete": {"reason": "faulty", "remark": "noise on the line"},
    "number.recover": {"remark": "deleted by mistake"},
    "number.expire": {"placed": 2},
    "number.restore": {"version": 2, "remark": "another number was meant"},
}  # fmt: skip
COMMANDS = tuple(LEAST)

# How a number gets into each state.
WAYS: dict[str, tuple[str, ...]] = {
    "unknown": (),
    "available": ("number.add",),
    "reserved": ("number.add", "number.reserve"),
    "extended": ("number.add", "number.reserve", "number.extend"),
    "locked": ("number.add", "number.lock"),
    "assigned": ("number.add", "number.assign"),
    "deleted": ("number.add", "number.delete"),
}

_ids = count(1)


def command(type: str, *, subject: str = NUMBER, id: str = "", source: str = "/test", **data: Any) -> Asked:
    """A command as it is read from the wire; fields of data replace the least that it needs."""
    envelope = {
        "specversion": "1.0", "id": id or f"c-{next(_ids)}", "source": source, "type": type, "subject": subject,
        "data": LEAST[type] | {name: _on_the_wire(value) for name, value in data.items()},
    }  # fmt: skip
    read: Asked = READ_COMMAND.validate_json(json.dumps(envelope))
    return read


def _on_the_wire(value: Any) -> Any:
    return format_instant(value) if isinstance(value, datetime) else value


def terms(at: datetime = NOW, policy: Policy = SHIPPED) -> Terms:
    """Terms under which every number is a VoIP number."""
    return Terms(at, policy.knows, policy.period_of, lambda number: Classified("voip"))


def told(number: Number, type: str, at: datetime = NOW, **data: Any) -> Number | Rejected:
    """What a command leads to."""
    return decide(number, type, command(type, **data).data, terms(at)).outcome


def after(number: Number, type: str, at: datetime = NOW, **data: Any) -> Number:
    """The number after a command that is allowed."""
    outcome = told(number, type, at, **data)
    assert isinstance(outcome, Number), outcome
    return outcome


def number_that_is(state: str, at: datetime = NOW, **attributes: Any) -> Number:
    """A number that has come into `state`, each command at `at`."""
    number = Number(NUMBER)
    for type in WAYS[state]:
        number = after(number, type, at, **(attributes if type == "number.add" else {}))
    return number


class Bank:
    """Inventory over a store in memory; what it says is checked against the contracts."""

    def __init__(self, **variables: str) -> None:
        self.now, self.real = NOW, REAL
        self.database = MemoryDatabase()
        self.trips: Counter[str] = Counter()
        self._store = MemoryStore(self.database, "inventory")
        environ = {"KAFKA_BOOTSTRAP_SERVERS": "localhost:9092", "MONGODB_URL": "mongodb://localhost", **variables}
        self.service = service(InventorySettings.load(environ))

    async def told(self, *commands: Asked) -> list[dict[str, Any]]:
        """Decide a batch; give its answers."""
        async with self._store.transaction() as transaction:
            return await self._answers(transaction, commands)

    async def aborted(self, *commands: Asked) -> list[dict[str, Any]]:
        """Decide a batch in a transaction that is never committed; give its answers."""
        return await self._answers(MemoryTransaction(self._store), commands)

    async def _answers(self, transaction: Transaction, commands: Sequence[Asked]) -> list[dict[str, Any]]:
        counted = Counted(transaction, self.trips)
        work = Work(counted, self.now, 0, self.service.source, lambda topic: 8)
        await self.service.inputs[0].handle(work, [Taken(command, self.real) for command in commands])
        for record in work.out:
            READ_EVENT.validate_json(record.value or b"")
        return [json.loads(record.value or b"") for record in work.out]

    async def types(self, *commands: Asked) -> list[str]:
        """Decide a batch; give the types of its answers, or the codes of rejections."""
        return [answer["data"].get("code", answer["type"]) for answer in await self.told(*commands)]

    def documents(self, collection: str) -> dict[str, Document]:
        """What is stored."""
        return self.database.collections[f"inventory.{collection}"]


class Counted:
    """A transaction that counts the trips to the database."""

    def __init__(self, transaction: Transaction, trips: Counter[str]) -> None:
        self._transaction, self._trips = transaction, trips
        self.find, self.advance = transaction.find, transaction.advance

    async def get(self, collection: str, ids: Collection[Any]) -> dict[Any, Document]:
        self._trips[f"get {collection}"] += 1
        found: dict[Any, Document] = await self._transaction.get(collection, ids)
        return found

    async def put(self, collection: str, documents: Sequence[Document]) -> None:
        self._trips[f"put {collection}"] += 1
        assert len({document["_id"] for document in documents}) == len(documents), "each document is put once"
        await self._transaction.put(collection, documents)

    async def remove(self, collection: str, ids: Collection[Any]) -> None:
        self._trips[f"remove {collection}"] += 1
        await self._transaction.remove(collection, ids)
