"""After the trouble: wait until nobody has anything left to do, let the rest of time pass, and close the books."""

import asyncio
from datetime import timedelta

from services.provisioning.store import PENDING, SUBSCRIPTIONS
from tests.simulation.books import fences_of
from tests.simulation.world import World

PATIENCE = 200.0  # virtual seconds until all that is left to do must be done
LOOK = 0.7
LEAPS = (
    timedelta(minutes=11), timedelta(days=2), timedelta(days=26), timedelta(days=60), timedelta(days=30),
    timedelta(minutes=11),
)  # fmt: skip
DUE = (("lifecycle-timer.timers", "next_at"), ("notification.digests", "send_at"), ("notification.mails", "next_at"))


async def settle(world: World) -> bool:
    """Wait until all is read and nothing is due; tell whether that came to pass."""
    patience, before, calm = world.loop.time() + PATIENCE, (-1, -1), 0
    while calm < 2:
        await asyncio.sleep(LOOK)
        now = (len(world.order), world.database.commits)
        left = left_to_do(world)
        calm = calm + 1 if now == before and not left else 0
        before = now
        if world.loop.time() > patience:
            world.found("settles", "system", "; ".join(left[:5]) or "goes on for ever")
            return False
    return True


def left_to_do(world: World) -> list[str]:
    """Say what is not read or not fired yet."""
    left = [
        f"{fence.id} is at {fence.next} of {len(world.cluster.logs[lot])}"
        for _, lot, fence in fences_of(world)
        if fence.next < len(world.cluster.logs[lot])
    ]
    at = world.trade_time()
    for collection, field in DUE:
        late = [str(id) for id, doc in world.database.collections[collection].items() if doc[field] <= at]
        left += [f"{id} of {collection} is due" for id in late]
    return left


async def live_on(world: World) -> bool:
    """Let all holds end."""
    if not await settle(world):
        return False
    for leap in LEAPS:
        world.pass_(leap)
        if not await settle(world):
            return False
    return True


async def close(world: World) -> None:
    """Stop everything in order, and look at what is left behind."""
    await asyncio.gather(*(instance.stop() for instance in world.instances))
    for service, lot, fence in fences_of(world):
        note = world.cluster.notes.get((service, lot))
        if fence.out and (note is None or note[1] < fence.batch):
            world.found("published", fence.id, f"batch {fence.batch} is not noted as published: {note}")
    for id, subscription in world.database.collections[f"provisioning.{SUBSCRIPTIONS}"].items():
        if subscription["request"] or subscription["queue"]:
            world.found("unfinished", id, "has a request in flight, and nothing to wait for")
    for id in world.database.collections[f"provisioning.{PENDING}"]:
        world.found("unfinished", id, "waits for an answer that was given")
    for collection, _ in DUE:
        for id in world.database.collections[collection]:
            world.found("forgotten", str(id), f"is still in {collection}")
