"""One job carried out by one gateway: chunks in flight, answers found, chunks settled in order.

Two gateways at the same job do nothing twice, for commands have the ids of their rows; a lease only spares them the
work. What was in flight when a gateway died is looked up first, and sent again where it has no answer: in a job that
drains too, for inventory may have carried it out.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import takewhile

import orjson

from contracts.fields import format_instant
from contracts.topics import INVENTORY_COMMANDS
from services.chassis.clock import Clock
from services.chassis.errors import Conflict, KafkaAway, StoreTrouble
from services.chassis.retry import Delays
from services.gateway.bulk.flight import Flight
from services.gateway.bulk.jobs import Jobs, real_now
from services.gateway.bulk.turns import TOGETHER, WINDOW, LeaseLost, ended, heard_of, renewed, settled_in
from services.gateway.domain import Answer, Spot, row_command_id
from services.gateway.domain.cell import merged
from services.gateway.domain.job import Job
from services.gateway.domain.verb import VERBS

log = logging.getLogger(__name__)

HEARD = 1.0  # seconds between signs of life, and looks at what was asked meanwhile
SILENCE = 5.0  # seconds without an answer after which a job says that it waits
GIVEN_UP = timedelta(days=3)  # answers are forgotten then

Send = Callable[[str, Sequence[tuple[str, bytes]]], Awaitable[None]]  # topic; keys and values. Raises `KafkaAway`
LookUp = Callable[[str, int], Awaitable[Sequence[Answer]]]  # to the rows of a job, and of a chunk of it


@dataclass(frozen=True)
class Means:
    """What a gateway carries jobs out with. `owner`: its own name; `level`: whether all answers so far are known."""

    jobs: Jobs
    look_up: LookUp
    send: Send
    clock: Clock
    owner: str
    level: Callable[[], Awaitable[bool]]


@dataclass
class Carrying:
    """A job in the hands of this gateway. `_sent`: the first chunk that is not in flight yet."""

    job: Job
    means: Means
    _flights: deque[Flight] = field(default_factory=deque)
    _polls: Delays | None = None

    def __post_init__(self) -> None:
        self._began = self._sent = self.job.next
        self._heard = self._stirred = self._now()

    async def run(self) -> None:
        """Go on until the job is done, drained or lost; servers that are away are waited for."""
        delays = Delays(first=0.1)
        while True:
            try:
                if await self._step():
                    return
                delays = Delays(first=0.1)
            except LeaseLost:
                log.info("job lost to another gateway", extra={"job": self.job.id})
                return
            except Conflict:  # somebody has asked for something just now
                await delays.wait()
            except (StoreTrouble, KafkaAway) as trouble:
                log.warning("job waits", extra={"job": self.job.id, "trouble": repr(trouble)})
                await delays.wait()
                if not await self._said(trouble):
                    return

    async def _step(self) -> bool:
        """Send what there is room for, settle what is answered; True when there is nothing left to do."""
        if room := self._room:
            await self._send(room)
        if not self._flights:
            self.job = await self._change(ended)
            return True
        await self._look()
        if not self._flights[0].missing:
            await self._settle(list(takewhile(lambda flight: not flight.missing, self._flights)))
        else:
            await self._wait(self._flights[0])
        return False

    @property
    def _room(self) -> range:
        """The chunks to be sent: several at once, for many small batches of commands cost far more than a few large."""
        if len(self._flights) > WINDOW - TOGETHER:
            return range(0)
        return range(self._sent, min(self._sent + TOGETHER, self.job.sent))

    async def _send(self, places: range) -> None:
        flights = [Flight(chunk) for chunk in await self.means.jobs.chunks(self.job.id, places)]
        for flight in flights:
            if flight.place < self._began + WINDOW:  # whoever had the job before may have sent it
                await self._look_up(flight)
        commands = list[tuple[str, bytes]]()
        for flight in flights:
            commands += self._commands(flight)
            await asyncio.sleep(0)  # others go on
        if commands:
            await self.means.send(INVENTORY_COMMANDS.name, commands)
        self._flights.extend(flights)
        self._sent = places.stop

    def _commands(self, flight: Flight) -> Iterator[tuple[str, bytes]]:
        time, type = format_instant(self.means.clock.now()), VERBS[self.job.verb].command
        for at, row in flight.unanswered():
            yield row.number, orjson.dumps({
                "specversion": "1.0", "id": row_command_id(Spot(self.job.id, flight.place, at)), "source": "/gateway",
                "type": type, "subject": row.number, "time": time, "datacontenttype": "application/json",
                "correlationid": self.job.id, "actor": self.job.who, "data": merged(row.data, self.job.common),
            })  # fmt: skip

    async def _look(self) -> None:
        """Look for answers to the first chunk, and to those after it as long as all are there."""
        for flight in self._flights:
            await self._look_up(flight)
            if flight.missing:
                return

    async def _look_up(self, flight: Flight) -> None:
        if flight.missing:
            flight.answered(await self.means.look_up(self.job.id, flight.place))

    async def _settle(self, flights: Sequence[Flight]) -> None:
        settled = {flight.place: flight.settled for flight in flights}

        def after(job: Job) -> Job:
            job = self._ours(job)
            for place, rows in settled.items():
                job = settled_in(job, place, rows)
            return job

        self.job = await self.means.jobs.settle(self.job.id, settled, after)
        for _ in flights:
            self._flights.popleft()
        self._polls, self._heard, self._stirred = None, self._now(), self._now()

    async def _wait(self, flight: Flight) -> None:
        """Wait before the next look; meanwhile give a sign of life, and notice when nobody answers."""
        self._polls = self._polls or Delays(first=0.02, longest=0.5)
        await self._polls.wait()
        if self._now() - self._heard < HEARD:
            return
        silent = self._now() - self._stirred > SILENCE
        note = f"No answer for {self._now() - self._stirred:.0f} s: is inventory at work?" if silent else None
        self.job = await self._change(lambda job: heard_of(job, note))
        if real_now() - (self.job.stirred or real_now()) > GIVEN_UP:
            flight.give_up()

    async def _said(self, trouble: Exception) -> bool:
        """Note why the job waits, if that can be noted; False when it is in other hands by now."""
        what = "Kafka" if isinstance(trouble, KafkaAway) else "MongoDB"
        try:
            self.job = await self._change(lambda job: heard_of(job, f"{what} does not answer; it goes on by itself."))
        except StoreTrouble:
            pass  # the next step notices
        except LeaseLost:
            log.info("job lost to another gateway", extra={"job": self.job.id})
            return False
        return True

    async def _change(self, how: Callable[[Job], Job]) -> Job:
        self._heard = self._now()
        return await self.means.jobs.change(self.job.id, lambda job: how(self._ours(job)))

    def _ours(self, job: Job) -> Job:
        if job.owner != self.means.owner:
            raise LeaseLost
        return renewed(job)

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()
