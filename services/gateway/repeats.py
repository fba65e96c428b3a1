"""Requests that have a key, kept for a day: whoever comes first decides what is done, for ever after."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from services.chassis.errors import Conflict
from services.chassis.ports import Document, Store, Transaction

REPEATS = "repeats"
KEPT = 24 * 3600  # seconds, in real time


class Command(NamedTuple):
    """A command to inventory, as it is sent. `value`: the whole event."""

    id: str
    number: str
    value: bytes


class Repeat(NamedTuple):
    """A request that has a key. `id`: of token and key; `request`: what was asked; both hashed."""

    id: str
    request: str


class KeyTaken(Exception):
    """Another request with the same key came first; the message is for whom its job concerns."""


@dataclass(frozen=True)
class Repeats:
    """What was asked under which key. Everything raises `StoreTrouble`."""

    store: Store

    async def known(self, id: str) -> tuple[str, list[Command]] | None:
        """Give what was asked under a key, hashed, and the commands that it led to; None if nothing was."""
        found = (await self.store.get(REPEATS, [id])).get(id)
        return None if found is None else (found["request"], [Command(*each) for each in found["commands"]])

    async def job(self, id: str) -> tuple[str, str | None] | None:
        """Give what was asked under a key, hashed, and the job that it led to, if any; None if nothing was asked."""
        found = (await self.store.get(REPEATS, [id])).get(id)
        return None if found is None else (found["request"], found.get("job"))

    async def keep(self, id: str, request: str, commands: Sequence[Command], at: datetime) -> bool:
        """Keep what is asked under a key; False if somebody was first."""
        document: Document = {"_id": id, "request": request, "commands": [list(each) for each in commands], "at": at}
        try:
            async with self.store.transaction() as transaction:
                await transaction.put(REPEATS, [document], new=True)
        except Conflict:
            return False
        return True


async def bind(transaction: Transaction, repeat: Repeat, job: str, at: datetime) -> None:
    """Keep which job is made under a key, in the transaction that lets it run. Raises `KeyTaken`."""
    if known := (await transaction.get(REPEATS, [repeat.id])).get(repeat.id):
        same = known["request"] == repeat.request and known.get("job")
        raise KeyTaken(
            f"It was sent twice, and job {known['job']} came first." if same else "Its key was used for something else."
        )
    document: Document = {"_id": repeat.id, "request": repeat.request, "commands": [], "job": job, "at": at}
    await transaction.put(REPEATS, [document], new=True)
