"""Plays the story: sends what is said, waits for answers, kills and revives, and shows all of it."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from typing import Any, NoReturn

from contracts.topics import BILLING_ACCOUNTS
from services.ops.demo.books import Crash
from services.ops.demo.callers import Callers
from services.ops.demo.ledger import Ledger, listen
from services.ops.demo.post import Postbox
from services.ops.demo.processes import NEW_YEAR, Processes
from services.ops.demo.scenes import Say, Scene
from services.ops.demo.showing import Moment, Show
from services.ops.demo.story import SCENES, YEAR, opening
from services.ops.demo.traffic import PACE, Traffic

ANSWER = 90.0  # real seconds in which everything that was said must be answered
PICTURES = 4  # a second


class StoryFailure(Exception):
    """The story cannot go on; the message is a sentence that says what did not happen."""


class Director:
    """Has the stage. `play` is the story; the rest goes on beside it."""

    def __init__(self, bootstrap: str, processes: Processes, postbox: Postbox, show: Show) -> None:
        self.ledger = Ledger()
        self.crash: Crash | None = None
        self.opened: datetime = NEW_YEAR
        self._bootstrap, self._processes, self.postbox, self.show = bootstrap, processes, postbox, show
        self._traffic = Traffic(self.ledger.numbers)
        self._asked: list[str] = []  # ids of all that must be answered
        self._catching_up = ""
        self._killed = (0, NEW_YEAR)
        self._callers: Callers

    @property
    def now(self) -> datetime:
        """The time of the story."""
        return self._processes.clock.now()

    @property
    def day(self) -> float:
        """Days since the opening."""
        return (self.now - self.opened) / timedelta(days=1)

    async def play(self, partitions: int, afterwards: Callable[[], Awaitable[None]]) -> None:
        """Fill the bank, live through the year, and do what comes afterwards while all is still heard and shown.

        Raises `StoryFailure`, `Unusable`.
        """
        async with AsyncExitStack() as entered:
            self._callers = await entered.enter_async_context(Callers.connected(self._bootstrap))
            hearing = asyncio.Event()
            beside = [
                asyncio.create_task(listen(self._bootstrap, partitions, self.ledger, self.show.heard, hearing)),
                asyncio.create_task(self._watch()),
            ]
            entered.push_async_callback(_cancelled, beside)
            await _first([asyncio.create_task(self._whole(hearing, afterwards)), *beside])

    async def _whole(self, hearing: asyncio.Event, afterwards: Callable[[], Awaitable[None]]) -> None:
        await hearing.wait()
        await self._story()
        await afterwards()

    async def _story(self) -> None:
        await self._answered(await self._say(opening()), "The bank is not filled")
        await self._until_day(0)
        self.opened = max(NEW_YEAR, self.now)
        await self._answered(await self._say([*self._traffic.opening()]), "The first subscriptions are not answered")
        traffic = asyncio.create_task(self._keep_coming())
        try:
            await _first([asyncio.create_task(self._scenes()), traffic])
        finally:
            await _cancelled([traffic])
        self.show.scene(self.now, "The year is over. What is still on its way arrives, and all is checked.")
        await self._answered(self._asked, "At the end of the year something is not answered")

    async def _scenes(self) -> None:
        for scene in SCENES:
            await self._until_day(scene.day)
            self.show.scene(self.now, scene.words)
            await self._play(scene)
        await self._until_day(YEAR)

    async def _play(self, scene: Scene) -> None:
        if scene.revives:
            await self._revive(scene.revives)
        ids = await self._say(scene.says, race=scene.race)
        if scene.kills:
            self._killed = (_real(), self.now)
            await self._processes.kill(scene.kills)
        if scene.waits:
            await self._answered(ids, f"{scene.words} This was not answered")

    async def _revive(self, service: str) -> None:
        self._catching_up = service
        await self._processes.start([service])
        back, back_at = _real(), self.now
        waiting = [*self._asked]
        await self._answered(waiting, f"{service} was started again and has not caught up")
        self.crash = Crash(service, self._killed[0], back, self._killed[1], back_at)
        self._catching_up = ""
        self.show.scene(self.now, f"{service.capitalize()} has caught up: everything is answered.")

    async def _keep_coming(self) -> None:
        for turn in range(1, 1_000_000):
            await self._until_day(turn * PACE)
            await self._say([*self._traffic.next(self.day)])

    # -- sending and waiting

    async def _say(self, says: Iterable[Say], race: bool = False) -> list[str]:
        """Send; give the ids that will be answered."""
        now = self.now
        try:
            sent = await self._callers.say(says, now, race=race, patience=ANSWER)
        except TimeoutError:
            raise StoryFailure(f"Kafka has not taken what was said on {now:%d %B} within {ANSWER:g} s.") from None
        ids = [each.id for each in sent if each.topic != BILLING_ACCOUNTS.name]
        self._asked += ids
        return ids

    async def _answered(self, ids: Sequence[str], failure: str) -> None:
        deadline = time.monotonic() + ANSWER
        while left := self.ledger.unanswered(ids):
            if time.monotonic() > deadline:
                raise StoryFailure(
                    f"{failure} within {ANSWER:g} s: {len(left)} answers are missing, first to {left[0]}."
                )
            await asyncio.sleep(0.02)

    async def _until_day(self, day: float) -> None:
        await asyncio.sleep(max(0.0, (day - self.day) * 86_400 / self._processes.rate))

    # -- looking

    async def _watch(self) -> NoReturn:
        while True:
            for mail in await asyncio.to_thread(self.postbox.look):
                self.show.mail(mail)
            standing = self._processes.standing()
            if self._catching_up:
                standing[self._catching_up] = "catches up"
            else:
                self._look_at(standing)
            day = self.day if self.now >= self.opened else -1
            self.show.moment(Moment(self.now, day, self.ledger.states(), standing))
            await asyncio.sleep(1 / PICTURES)

    def _look_at(self, standing: dict[str, str]) -> None:
        for name, how in standing.items():
            if how == "ended":
                raise StoryFailure(f"{name} has ended by itself; its log says: {self._processes.last_words(name)}")


def _real() -> int:
    return round(time.time() * 1000)


async def _first(tasks: Sequence["asyncio.Task[None]"]) -> None:
    """Wait for the first to end; raise what it raises."""
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        await _cancelled(tasks[:1])


async def _cancelled(tasks: Sequence["asyncio.Task[Any]"]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
