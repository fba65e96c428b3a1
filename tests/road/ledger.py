"""A service as small as can be, to drive the road with: it counts what each account was told to add."""

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from contracts.fields import Frozen, Name
from contracts.message import Message, Topic
from contracts.topics import dead_letters
from services.chassis.service import Input, Service
from services.chassis.work import Taken, Work


class Amount(Frozen):
    amount: int = Field(ge=-(2**31), le=2**31)


class Add(Message):
    type: Literal["account.add"]
    data: Amount


class Break(Message):
    """The handler has a defect and fails on it."""

    type: Literal["account.break"]
    data: Amount


class Total(Frozen):
    total: int
    told: Name


class Added(Message):
    type: Literal["account.added"]
    data: Total


COMMANDS = Topic("ledger.commands", "account", ("anybody",), ("ledger",), (Add, Break), "commands")
EVENTS = Topic("ledger.events", "account", ("ledger",), ("anybody",), (Added,), "events")
DEAD = dead_letters(COMMANDS, "ledger").name
TOPICS = (COMMANDS, EVENTS, dead_letters(COMMANDS, "ledger"))


async def add_up(work: Work, taken: Sequence[Taken]) -> None:
    """Keep a total for each account and tell it after each command."""
    accounts = await work.get("accounts", {message.subject for message, _ in taken})
    for message, _ in taken:
        if message.type == "account.break":
            raise ArithmeticError("a defect")
        account = accounts.setdefault(message.subject, {"_id": message.subject, "total": 0})
        account["total"] += message.data.amount  # type: ignore[attr-defined]
        work.emit(
            EVENTS.name,
            "account.added",
            message.subject,
            {"total": account["total"], "told": message.id},
            cause=message,
        )
    await work.put("accounts", list(accounts.values()))


def ledger() -> Service:
    """Compose the service."""
    return Service("ledger", (Input(COMMANDS, add_up),), (EVENTS,), {"accounts": ()})
