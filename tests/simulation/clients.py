"""Those who use the system: operators, billing, strangers with odd habits. All that they say is seeded."""

import asyncio
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from contracts.fields import format_instant
from services.chassis.partitions import home
from tests.simulation.orders import Orders
from tests.simulation.world import PARTITIONS, World

NUMBERS = tuple(f"+65315800{n:02}" for n in range(12))
ORGS = ("acme", "globex", "initech")
ACCOUNTS: dict[str, dict[str, Any]] = {
    "acme": {"kind": "customer", "billing_email": "billing@acme.example"},
    "globex": {"kind": "partner", "owner_email": "owner@globex.example", "support_email": "help@globex.example"},
    "initech": {"kind": "customer"},  # no address until later
}
LEAPS = tuple(timedelta(days=days) for days in (0.01, 0.2, 1, 4, 9, 20))
GARBAGE: tuple[bytes | None, ...] = (
    None, b"", b"\x00\xff garbage", b"[]", b'{"specversion": "1.0"}',
    json.dumps({"specversion": "1.0", "id": "g", "source": "/g", "type": "number.lock", "subject": "65 3158",
                "data": {"remark": "x"}}).encode(),
    json.dumps({"specversion": "1.0", "id": "g", "source": "/g", "type": "no.such", "subject": NUMBERS[0],
                "data": {}}).encode(),
)  # fmt: skip


class Said:
    """What was asked, as the books should have it. `at`: where in the order of all records."""

    def __init__(self, topic: str, type: str, subject: str, id: str, data: Mapping[str, Any]) -> None:
        self.topic, self.type, self.subject, self.id, self.data = topic, type, subject, id, data


class Clients:
    """Say so many things, with pauses in between."""

    def __init__(self, world: World, many: int) -> None:
        self._world, self._dice, self._many = world, world.dice, many
        self._orders = Orders(world, NUMBERS, ORGS)
        self._sent: list[tuple[str, str, bytes]] = []
        self.said: list[Said] = []

    async def run(self) -> None:
        """Say everything."""
        for org in ORGS:
            self._account(org, ACCOUNTS[org])
        for number in NUMBERS[:7]:
            self._say(*self._orders.joining(number))
        for _ in range(self._many):
            await asyncio.sleep(self._dice.expovariate(1 / 0.8))
            self._act()
        self._account("initech", {"kind": "customer", "billing_email": "late@initech.example"})

    def _act(self) -> None:
        chance = self._dice.random()
        if chance < 0.13:
            self._world.pass_(self._dice.choice(LEAPS))
        elif chance < 0.16:
            self._spoil()
        elif chance < 0.20:
            self._repeat()
        else:
            for _ in range(self._dice.randint(4, 10) if chance > 0.95 else 1):
                self._say(*self._orders.any())

    def _say(self, topic: str, type: str, subject: str, data: Mapping[str, Any]) -> None:
        id = f"{type.split('.')[1]}-{len(self.said)}"
        self.said.append(Said(topic, type, subject, id, data))
        envelope = {"specversion": "1.0", "id": id, "source": "/clients", "type": type, "subject": subject}
        if self._dice.random() < 0.9:
            late = timedelta(hours=3) if self._dice.random() < 0.1 else timedelta()
            envelope["time"] = format_instant(self._world.trade_time() - late)
        value = json.dumps({**envelope, "data": data}).encode()
        self._sent.append((topic, subject, value))
        self._write(topic, subject, value)
        if self._dice.random() < 0.1:  # no answer has come in time
            again = self._dice.uniform(0.1, 15.0)
            self._world.loop.call_later(again, self._write, topic, subject, value)

    def _write(self, topic: str, subject: str, value: bytes | None) -> None:
        place = home(subject, PARTITIONS)
        astray = self._dice.random() < 0.1
        key = None if astray and self._dice.random() < 0.5 else subject
        self._world.cluster.write(topic, key, value, partition=(place + astray) % PARTITIONS)

    def _repeat(self) -> None:
        self._write(*self._dice.choice(self._sent[-20:]))

    def _spoil(self) -> None:
        topic = self._dice.choice(("inventory.commands", "billing.events", "provisioning.commands"))
        self._write(topic, self._dice.choice(NUMBERS), self._dice.choice(GARBAGE))

    def _account(self, org: str, fields: Mapping[str, Any]) -> None:
        envelope = {
            "specversion": "1.0", "id": f"account-{org}-{self._world.loop.time()}", "source": "/billing",
            "type": "account.updated", "subject": org, "time": format_instant(self._world.trade_time()),
            "data": {"org": org, "name": org.title(), **fields},
        }  # fmt: skip
        self._world.cluster.write("billing.accounts", org, json.dumps(envelope).encode())
