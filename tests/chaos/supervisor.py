"""Keeps several instances of each service running, as an orchestrator would: what has ended is started again."""

import asyncio
import contextlib
import signal
import time
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import NamedTuple

from tests.integration.bank import Running

LOOK = 0.1  # seconds between looks at who has ended
ORDERLY = 60.0  # seconds in which an instance that is asked to stop has to be gone


class Ending(NamedTuple):
    """An instance that ended although nobody here ended it, or not as it should have."""

    place: str
    code: int
    at: float  # real Unix time
    said: str  # its last line


@dataclass(eq=False)
class Place:
    """Where one instance of a service runs, again and again. `busy`: a fault is at work on it."""

    service: str
    index: int
    running: Running
    busy: bool = False
    expected: bool = False  # its end is our doing
    settings: Mapping[str, str] = field(default_factory=dict)  # of its present life only

    @property
    def name(self) -> str:
        """Give its name in logs."""
        return f"{self.service}-{self.index}"


class Supervisor:
    """Starts, watches, and starts again."""

    def __init__(self, env: Mapping[str, str], folder: Path) -> None:
        self.env, self.folder = dict(env), folder
        self.places: list[Place] = []
        self.starts = 0
        self.endings: list[Ending] = []

    def add(self, service: str) -> Place:
        """Start one more instance."""
        index = 1 + max((place.index for place in self.places if place.service == service), default=0)
        place = Place(service, index, self._run(service, index, {}))
        self.places.append(place)
        return place

    def again(self, place: Place, **settings: str) -> None:
        """Kill an instance and start it with these settings for one life."""
        place.expected = True
        place.running.kill()
        self._start(place, settings)

    def take(self, services: Collection[str], random: Random) -> Place | None:
        """Give an instance for a fault to work on, None while there is none that is not worked on."""
        free = [
            place
            for place in self.places
            if place.service in services and not place.busy and place.running.process.poll() is None
        ]
        if not free:
            return None
        place = random.choice(free)
        place.busy = True
        return place

    async def retire(self, place: Place) -> None:
        """Stop an instance in good order, and forget it."""
        place.busy = place.expected = True
        place.running.signal(signal.SIGTERM)
        try:
            code = await place.running.ended(ORDERLY)
        except TimeoutError:
            place.running.kill()
            code = -signal.SIGALRM
        if code not in (0, -signal.SIGTERM):  # who is asked while still being started just ends
            self._note(place, code)
        self.places.remove(place)

    async def retire_all(self, services: Collection[str]) -> None:
        """Stop all instances of services in good order."""
        await asyncio.gather(*(self.retire(place) for place in list(self.places) if place.service in services))

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Start again what ends, while inside; kill what is left at the end."""
        task = asyncio.create_task(self._watch())
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
            for place in self.places:
                place.running.kill()

    async def ready(self) -> bool:
        """Tell whether all instances have their lanes open."""
        return all(await asyncio.gather(*(place.running.ready() for place in self.places)))

    async def _watch(self) -> None:
        while True:
            for place in self.places:
                if place.running.process.poll() is not None and not place.busy:
                    if not place.expected:
                        self._note(place, place.running.process.returncode)
                    self._start(place, {})
            await asyncio.sleep(LOOK)

    def _note(self, place: Place, code: int) -> None:
        lines = place.running.log.read_text(errors="replace").splitlines()
        self.endings.append(Ending(place.name, code, time.time(), lines[-1] if lines else ""))

    def _start(self, place: Place, settings: Mapping[str, str]) -> None:
        place.running, place.expected, place.settings = self._run(place.service, place.index, settings), False, settings

    def _run(self, service: str, index: int, settings: Mapping[str, str]) -> Running:
        self.starts += 1
        return Running([service], self.env, self.folder / f"{service}-{index}.log", **settings)
