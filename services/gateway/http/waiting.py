"""Waiting for what becomes of commands: one look at the view for all who wait in this process."""

import asyncio
import logging
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Protocol

from services.chassis.errors import StoreTrouble
from services.gateway.domain import Outcome

log = logging.getLogger(__name__)

FIRST, LONGEST = 0.01, 0.1  # seconds between looks, growing while nothing comes


class Outcomes(Protocol):
    """The view of outcomes."""

    async def get(self, commands: Collection[str]) -> dict[str, Outcome]:
        """Give those that there are, by id of the command. Raises `StoreTrouble`."""


@dataclass(eq=False)
class _Waiter:
    left: set[str]
    found: dict[str, Outcome] = field(default_factory=dict)
    done: asyncio.Event = field(default_factory=asyncio.Event)

    def hear(self, outcomes: dict[str, Outcome]) -> None:
        for id in self.left & outcomes.keys():
            self.found[id] = outcomes[id]
        self.left -= outcomes.keys()
        if not self.left:
            self.done.set()


class Waiting:
    """Those who wait. `run` looks for them, for as long as the edge lives."""

    def __init__(self, outcomes: Outcomes) -> None:
        self._outcomes = outcomes
        self._waiters: set[_Waiter] = set()
        self._come = asyncio.Event()

    async def heard(self, commands: Collection[str], seconds: float) -> dict[str, Outcome]:
        """Give what became of commands; what has not been answered in time is missing."""
        waiter = _Waiter(set(commands))
        self._waiters.add(waiter)
        self._come.set()
        try:
            async with asyncio.timeout(seconds):
                await waiter.done.wait()
        except TimeoutError:
            pass
        finally:
            self._waiters.discard(waiter)
        return waiter.found

    async def run(self) -> None:
        """Look, more and more seldom while nobody comes and nothing is there."""
        pause = FIRST
        while True:
            if not self._waiters:
                await self._come.wait()
            if self._come.is_set():
                self._come.clear()
                pause = FIRST
            if await self._look():
                pause = FIRST
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, LONGEST)

    async def _look(self) -> bool:
        wanted = {id for waiter in self._waiters for id in waiter.left}
        try:
            found = await self._outcomes.get(wanted) if wanted else {}
        except StoreTrouble as trouble:
            log.warning("database away", extra={"trouble": type(trouble).__name__})
            return False
        except Exception:  # a defect; those who wait are told where to look, and the next look may work
            log.exception("outcomes cannot be looked up")
            return False
        for waiter in self._waiters:
            waiter.hear(found)
        return bool(found)
