"""How a lane is taken over: a new epoch, what the fence holds published again, and where to go on."""

from collections.abc import Collection
from typing import TYPE_CHECKING, NamedTuple

from contracts.message import Topic
from services.chassis.errors import Refusal
from services.chassis.fence import Fence
from services.chassis.ports import Broker
from services.chassis.records import Last, Lot
from services.chassis.retry import Delays

if TYPE_CHECKING:
    from services.chassis.lane import Lane


class Opening(NamedTuple):
    """Where a lane begins. `proof`: the record at `start`, if it still exists, must be this one."""

    fence: Fence
    start: int
    proof: Last | None


async def open_lane(lane: "Lane") -> Opening:
    """Take the lane over from whoever had it. Raises `Refusal` when the topic is not the one it was."""
    parts, lot = lane.parts, lane.lot
    parts.step("opening")
    beginning, _ = (await lane.pulse.patiently(parts.broker.bounds([lot])))[lot]
    # The bump of the epoch is the moment of handing over: from here on the old owner's writes miss.
    fence = await lane.pulse.trying(lambda: parts.store.take_over(lot, beginning))
    beginning, end = (await lane.pulse.patiently(parts.broker.bounds([lot])))[lot]
    _check(parts.service.name, lot, fence, beginning, end)
    noted = await lane.pulse.patiently(parts.broker.noted(lot))
    if fence.out and (noted is None or noted < fence.batch):
        await lane.pulse.patiently(parts.broker.publish(fence.out, fence.id, fence.batch))
    await read_first(lane, lane.source.after)
    beginning, end = (await lane.pulse.patiently(parts.broker.bounds([lot])))[lot]  # retention goes on meanwhile
    _check(parts.service.name, lot, fence, beginning, end)
    proof = fence.last if fence.last is not None and fence.last.offset >= beginning else None
    start = proof.offset if proof else fence.next
    return Opening(fence, start, proof)


def _check(service: str, lot: Lot, fence: Fence, beginning: int, end: int) -> None:
    if fence.next > end:
        raise Refusal(
            f"{service} has read partition {lot.partition} of topic {lot.topic} up to {fence.next}, but it ends at "
            f"{end}: the topic was made anew or cut; drop the service's fences and documents, or restore the topic."
        )
    if fence.next < beginning:
        raise Refusal(passed_by_retention(service, lot, fence, beginning))


def passed_by_retention(service: str, lot: Lot, fence: Fence, beginning: int) -> str:
    """Say that records are gone which were never read."""
    return (
        f"{service} has read partition {lot.partition} of topic {lot.topic} up to {fence.next}, but it begins at "
        f"{beginning}: retention has passed records that were never read; rebuild the service from a full topic, or "
        f"accept the loss by moving its fence to {beginning}."
    )


async def read_first(lane: "Lane", topics: Collection[Topic]) -> None:
    """Wait until the other topics are read, by whoever owns their lanes, to the end that they have now."""
    parts = lane.parts
    ends = await lane.pulse.patiently(ends_of(parts.broker, topics)) if topics else {}
    delays = Delays(first=0.005, longest=0.2)
    for lot, end in ends.items():
        while await lane.pulse.trying(lambda lot=lot: parts.store.progress(lot)) < end:  # type: ignore[misc]
            await delays.wait()


async def ends_of(broker: Broker, topics: Collection[Topic]) -> dict[Lot, int]:
    """Give where topics end now, each partition that has any records; it is asked for until Kafka answers."""
    lots = [Lot(topic.name, number) for topic in topics for number in range(broker.partitions(topic.name))]
    bounds = await broker.bounds(lots)
    return {lot: end for lot, (beginning, end) in bounds.items() if beginning < end}
