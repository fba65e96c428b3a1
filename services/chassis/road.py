"""The road of one service: its lanes as the group hands them out, and a watch over them."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

from services.chassis.dead_letters import letters_of
from services.chassis.errors import Refusal, StoreTrouble
from services.chassis.lane import Lane
from services.chassis.opening import passed_by_retention
from services.chassis.parts import Parts
from services.chassis.records import Lot, Record
from services.chassis.service import Input

log = logging.getLogger(__name__)

DRAIN = 5.0  # seconds that a lane which goes may take for its transaction in flight
CANCEL = 1.0  # seconds more, when it was told to leave it
LOOK = 5.0  # seconds between looks at whether all goes on
STUCK = 120.0  # seconds without a sign of trying, after which the process ends


class Road:
    """Owner of the lanes. `run` returns when asked to stop and raises `Refusal` when it cannot go on."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.lanes: dict[Lot, Lane] = {}
        self._inputs: dict[str, Input] = {source.topic.name: source for source in parts.service.inputs}
        self._tasks: dict[Lot, asyncio.Task[None]] = {}
        self._noted: dict[Lot, int] = {}
        self._failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._assigned_once = self._stopping = False
        self._stood: dict[Lot, tuple[int, int]] = {}  # where a lane stood, and for how many looks

    # -- what the broker calls

    async def assigned(self, lots: Collection[Lot]) -> None:
        """Make closed lanes, each opened by a task of its own, and nothing slow."""
        self._assigned_once = True
        for lot in lots if not self._stopping else ():
            self.parts.broker.pause(lot)
            lane = Lane(lot, self._inputs[lot.topic], self.parts, self._fail)
            self.lanes[lot] = lane
            task = asyncio.create_task(lane.run(), name=lane.fence.id)
            task.add_done_callback(self._ended)
            self._tasks[lot] = task

    async def revoked(self, lots: Collection[Lot]) -> None:
        """Close lanes, after what they have in flight, and note how far they came."""
        going = [(self.lanes[lot], self._tasks[lot]) for lot in lots if lot in self.lanes]
        if not going:
            return
        self.parts.step("closing")
        for lane, task in going:
            if not lane.opened:
                task.cancel()  # nothing is in flight
            lane.close()
        await asyncio.wait([task for _, task in going], timeout=DRAIN)
        for _, task in going:
            task.cancel()
        await asyncio.wait([task for _, task in going], timeout=CANCEL)  # what hangs loses its epoch anyway
        await self._note()
        for lot in lots:
            self.lanes.pop(lot, None)
            self._tasks.pop(lot, None)
            self._noted.pop(lot, None)
            self.parts.metrics.forget(self.parts.service.name, lot)

    def handed(self, lot: Lot, records: Sequence[Record]) -> None:
        """Pass records to their lane; without one they are dropped, and come again to whoever opens it."""
        if (lane := self.lanes.get(lot)) is not None:
            try:
                lane.hand(records)
            except Exception as error:  # whoever hands over would swallow it, and go on with the next batch
                log.exception("records cannot be taken", extra={"lane": lane.fence.id})
                self._fail(f"{lane.fence.id} cannot take its records: {type(error).__name__}; see its log.")

    # -- life

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set. Raises `Refusal`."""
        watches: list[asyncio.Task[None]] = []
        try:
            await self._check_partitions()
            if not await self._joined(stop):
                return
            for watch, every in (
                (self._note, self.parts.tick),
                (self._aim, self.parts.tick),
                (self._look, LOOK),
                (self._measure, LOOK),
            ):
                watches.append(asyncio.create_task(_repeat(watch, every)))
                watches[-1].add_done_callback(self._ended)
            await self._until_asked(stop)
        finally:
            self._stopping = True
            for task in watches:
                task.cancel()
            await self.revoked(list(self.lanes))
            await self.parts.broker.stop()
            if not self._failed.done():
                self._failed.cancel()

    async def _joined(self, stop: asyncio.Event) -> bool:
        """Join the group; give up, and give False, when asked to stop before Kafka has let this member in."""
        joining = asyncio.create_task(self.parts.broker.start(list(self._inputs), self))
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({joining, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if joining.done():
                joining.result()
            return joining.done()
        finally:
            joining.cancel()
            stopping.cancel()

    async def _until_asked(self, stop: asyncio.Event) -> None:
        stopping = asyncio.create_task(stop.wait())
        waiting: set[asyncio.Future[Any]] = {stopping, self._failed}
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            if self._failed.done():
                self._failed.result()
        finally:
            stopping.cancel()

    @property
    def ready(self) -> bool:
        """Whether the group has handed out lanes, and those that are ours are open and trying."""
        now = asyncio.get_running_loop().time()
        return (
            self._assigned_once
            and not self._failed.done()
            and all(lane.opened and now - lane.pulse.last < STUCK / 4 for lane in self.lanes.values())
        )

    async def _check_partitions(self) -> None:
        """Refuse topics that are missing, or that have another number of partitions than they began with."""
        broker, service = self.parts.broker, self.parts.service
        for name in dict.fromkeys([*self._inputs, *(topic.name for topic in service.writes)]):
            has = broker.partitions(name)
            try:
                began = await self.parts.store.keep_partitions(name, has)
            except StoreTrouble as trouble:
                raise Refusal(f"MONGODB_URL: the database does not take writes: {trouble}.") from trouble
            if has != began:
                raise Refusal(
                    f"Topic {name} has {has} partitions but began with {began}, and numbers are spread over that "
                    f"many: make it anew with {began}, and replay, or migrate to a new set of topics."
                )
        for name in self._inputs if service.rebuilds is None else ():
            broker.partitions(letters_of(name, service.name))

    # -- watching

    async def _look(self) -> None:
        """Fail rather than wait for ever: for a lane that is stuck, or for records that never come."""
        now = asyncio.get_running_loop().time()
        for lane in self.lanes.values():
            if now - lane.pulse.last > STUCK:
                self._fail(f"{lane.fence.id} has not tried anything for {STUCK:.0f} s; this process gives up.")
        opened = {lot: lane for lot, lane in self.lanes.items() if lane.opened}
        for lot, (beginning, end) in (await self.parts.broker.bounds(opened)).items():
            lane, (stood, looks) = opened[lot], self._stood.get(lot, (-1, 0))
            if lane.opened and max(lane.fence.next, lane.expects) < beginning:
                self._fail(passed_by_retention(self.parts.service.name, lot, lane.fence, beginning))
            if lane.opened:
                self.parts.metrics.lag.labels(self.parts.service.name, *lot).set(max(end - lane.fence.next, 0))
            still = lane.waiting and lane.fence.next < end and lane.fence.next == stood
            self._stood[lot] = (lane.fence.next, looks + 1 if still else 0)
            if still and looks * LOOK > STUCK:
                self._fail(
                    f"{lane.fence.id} waits at {lane.fence.next} although the topic goes on to {end}; this process "
                    f"gives up, another may fare better."
                )

    async def _measure(self) -> None:
        """Measure how late the timers are; while the database is away nobody knows."""
        with suppress(StoreTrouble):
            for lot, lane in list(self.lanes.items()):
                at, timers = self.parts.clock.now(), lane.source.timers
                if timers is None or not lane.opened:
                    continue
                since = await timers.first_due(self.parts.store, lot.partition, at)
                if self.lanes.get(lot) is lane:
                    late = timedelta() if since is None else at - since
                    self.parts.metrics.overdue.labels(self.parts.service.name, *lot).set(late.total_seconds())

    async def _note(self) -> None:
        """Commit to the group what has been published since the last time."""
        fresh = {
            lot: (lane.fence.next, lane.published)
            for lot, lane in self.lanes.items()
            if lane.published == lane.fence.batch and self._noted.get(lot, 0) < lane.published
        }
        if fresh and await self.parts.broker.note(fresh):
            self._noted.update({lot: batch for lot, (_, batch) in fresh.items()})
            self.parts.step("noted")

    async def _aim(self) -> None:
        """Tell the lanes that have timers what time it is, and how much input they must have read by then."""
        lots = [lot for lot, lane in self.lanes.items() if lane.source.timers and lane.opened]
        if lots:
            at = self.parts.clock.now()
            for lot, (_, end) in (await self.parts.broker.bounds(lots)).items():
                if (lane := self.lanes.get(lot)) is not None:
                    lane.aim(at, end)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("road ends", exc_info=error if not isinstance(error, Refusal) else None)
            self._fail(str(error) if isinstance(error, Refusal) else f"A defect: {type(error).__name__}; see the log.")

    def _fail(self, sentence: str) -> None:
        with suppress(asyncio.InvalidStateError):
            self._failed.set_exception(Refusal(sentence))


async def _repeat(watch: Callable[[], Awaitable[None]], every: float) -> None:
    while True:
        await asyncio.sleep(every)
        await watch()
