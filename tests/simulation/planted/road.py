"""Faults of the road: what was measured, modelled or learned the hard way, undone."""

from contextvars import ContextVar
from typing import Any

from services.chassis import batch, lane
from services.chassis.batch import Sorter
from services.chassis.committer import Committer
from services.chassis.errors import FenceMissed, LaneLost
from services.chassis.fence import FENCES, Fence
from services.chassis.intake import Intake
from services.chassis.lane import Lane
from services.chassis.memory import MemoryBroker, MemoryStore, MemoryTransaction
from services.chassis.memory.database import stored
from services.chassis.opening import Opening
from services.chassis.reading import Reading, Skipped, Unreadable
from tests.simulation.planted.planting import Planted, replaced, together

DECIDING: ContextVar[Committer] = ContextVar("deciding")


def _known(transact: Any) -> Any:
    async def known(self: Committer, *given: Any) -> Any:
        DECIDING.set(self)
        return await transact(self, *given)

    return known


def _published_first(advance: Any) -> Any:
    async def advanced(self: MemoryTransaction, before: Fence, after: Fence) -> None:
        if after.out:
            await DECIDING.get()._parts.broker.publish(after.out, after.id, after.batch)
        await advance(self, before, after)

    return advanced


def _without_outbox(document: Any) -> Any:
    return lambda self: {**document(self), "out": []}


def _matched_by(*names: str) -> Any:
    def make(_: Any) -> Any:
        async def advance(self: MemoryTransaction, before: Fence, after: Fence) -> None:
            await self._store.wire.there("advance")
            found = self._seen(self._named(FENCES), before.id)
            if found is None or any(found[name] != getattr(before, name) for name in names):
                raise FenceMissed(before.id)
            self._write(FENCES, after.id, stored(after.document()))

        return advance

    return make


def _same_epoch(take_over: Any) -> Any:
    async def taken_over(self: MemoryStore, lot: Any, beginning: int) -> Fence:
        fence = await take_over(self, lot, beginning)
        fence = fence._replace(epoch=1)
        documents = self.database.collections[f"{self.service}.{FENCES}"]
        documents[fence.id] = {**documents[fence.id], "epoch": 1}
        return fence

    return taken_over


def _taken_for_an_abort(_: Any) -> Any:
    async def looked_up(self: Committer) -> None:
        fence = await self._pulse.trying(lambda: self._parts.store.fence(self._lot))
        if fence is None or fence.epoch != self.fence.epoch:
            raise LaneLost
        self.fence = self.fence._replace(batch=fence.batch)

    return looked_up


def _all_noted(_: Any) -> Any:
    async def noted(self: MemoryBroker, lot: Any) -> int:
        return 1 << 62

    return noted


def _at_the_commit(open_lane: Any) -> Any:
    async def opened(lane: Lane) -> Opening:
        opening = await open_lane(lane)
        broker = lane.parts.broker
        [(_, end)] = (await broker.bounds([lane.lot])).values()
        note = broker.cluster.notes.get((broker.group, lane.lot))  # type: ignore[attr-defined]
        start = note[0] if note else end
        return Opening(opening.fence._replace(next=start), start, None)

    return opened


def _noted_first(publish: Any) -> Any:
    async def published(self: Committer) -> None:
        await self._parts.broker.note({self._lot: (self.fence.next, self.fence.batch)})
        await publish(self)

    return published


def _gapless(init: Any) -> Any:
    def initialised(self: Intake, *given: Any, gaps: bool = False) -> None:
        init(self, *given, gaps=True)

    return initialised


def _skipping(read: Any) -> Any:
    def reading(self: Reading, record: Any) -> Any:
        found = read(self, record)
        return Skipped("?") if isinstance(found, Unreadable) else found

    return reading


def _homeless(init: Any) -> Any:
    return lambda self, reading, homed, partitions: init(self, reading, False, partitions)


def _at_once(aim: Any) -> Any:
    return lambda self, at, end: aim(self, at, 0)


def _at_opening(open: Any) -> Any:
    async def opened(self: Lane) -> None:
        await open(self)
        self.aim(self.parts.clock.now(), 0)

    return opened


ROAD = (
    Planted("a batch is published before its fence is committed",
            together(replaced(Committer, "_transact", _known),
                     replaced(MemoryTransaction, "advance", _published_first))),
    Planted("the fence does not keep what is to be published", replaced(Fence, "document", _without_outbox)),
    Planted("the fence is written whoever owns the lane", replaced(MemoryTransaction, "advance", _matched_by())),
    Planted("the batch is not checked in the match", replaced(MemoryTransaction, "advance", _matched_by("epoch"))),
    Planted("opening does not bump the epoch", replaced(MemoryStore, "take_over", _same_epoch),
            "`tests/model` (epoch-not-bumped)"),
    Planted("an unknown commit is taken for an abort", replaced(Committer, "look_up", _taken_for_an_abort)),
    Planted("opening does not publish the fence again", replaced(MemoryBroker, "noted", _all_noted)),
    Planted("a batch is noted as published before it is", replaced(Committer, "_publish", _noted_first)),
    Planted("a lane begins at Kafka's commit, not at its fence", replaced(lane, "open_lane", _at_the_commit)),
    Planted("readers ignore nb-writer and nb-seq", replaced(batch, "_origin", lambda _: lambda record: ("", (0, 0)))),
    Planted("a gap is believed at once", replaced(Intake, "__init__", _gapless)),
    Planted("what cannot be read is skipped", replaced(Reading, "read", _skipping)),
    Planted("a record astray is executed in place", replaced(Sorter, "__init__", _homeless)),
    Planted("timers fire before the backlog is read",
            together(replaced(Lane, "aim", _at_once), replaced(Lane, "_open", _at_opening))),
)  # fmt: skip
