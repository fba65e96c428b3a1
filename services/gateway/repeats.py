"""Requests that have a key, kept for a day: whoever comes first decides what is done, for ever after."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from services.chassis.errors import Conflict
from services.chassis.ports import Document, Store

REPEATS = "repeats"
KEPT = 24 * 3600  # seconds, in real time


class Command(NamedTuple):
    """A command to inventory, as it is sent. `value`: the whole event."""

    id: str
    number: str
    value: bytes


@dataclass(frozen=True)
class Repeats:
    """What was asked under which key. Everything raises `StoreTrouble`."""

    store: Store

    async def known(self, id: str) -> tuple[str, list[Command]] | None:
        """Give what was asked under a key, hashed, and the commands that it led to; None if nothing was."""
        found = (await self.store.get(REPEATS, [id])).get(id)
        return None if found is None else (found["request"], [Command(*each) for each in found["commands"]])

    async def keep(self, id: str, request: str, commands: Sequence[Command], at: datetime) -> bool:
        """Keep what is asked under a key; False if somebody was first."""
        document: Document = {"_id": id, "request": request, "commands": [list(each) for each in commands], "at": at}
        try:
            async with self.store.transaction() as transaction:
                await transaction.put(REPEATS, [document], new=True)
        except Conflict:
            return False
        return True
