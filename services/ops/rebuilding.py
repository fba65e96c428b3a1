"""`numberbank gateway rebuild`: the views anew from the first event on, while searches go on."""

import asyncio
from collections.abc import Callable
from typing import NamedTuple

from contracts.topics import INVENTORY_EVENTS
from services.chassis.errors import Conflict, StoreTrouble, Unusable
from services.chassis.records import Lot
from services.chassis.road import Road
from services.gateway.settings import GatewaySettings

LOOK = 0.5  # seconds between looks at how far it is


class Built(NamedTuple):
    """How far the new views are: events read, and events that there are."""

    read: int
    events: int


async def rebuild(settings: GatewaySettings, show: Callable[[Built], None], *, anew: bool) -> Built:
    """Build the views anew, switch when they are level, and drop the old ones. Raises `Refusal`."""
    from services.chassis.metrics import Metrics
    from services.chassis.process import connected
    from services.gateway.app import rebuilder

    road = await connected(rebuilder(settings), settings, Metrics())
    try:
        return await _rebuilt(road, show, anew)
    except Conflict:
        raise Unusable("The views are complete, but lanes of the gateway were always faster; begin again.") from None
    except StoreTrouble as error:
        raise Unusable(f"MongoDB cannot be used ({error}); begin again, and it is built on.") from None
    finally:
        road.parts.store.close()


async def _rebuilt(road: Road, show: Callable[[Built], None], anew: bool) -> Built:
    from services.gateway.rebuild import begin, finish, switch
    from services.gateway.viewing import GRACE

    service, store = road.parts.service, road.parts.store
    await begin(store, service, anew=anew)
    stop = asyncio.Event()
    running = asyncio.create_task(road.run(stop))
    try:
        built = await _level(road, running, show)
        await switch(store, _lots(road))
    finally:
        stop.set()
        await asyncio.wait({running})
        running.exception()  # said already, or that there is nothing left to build
    await asyncio.sleep(GRACE)
    await finish(store, service)
    return built


async def _level(road: Road, running: "asyncio.Task[None]", show: Callable[[Built], None]) -> Built:
    """Wait until all lanes have reached the ends that their partitions had at the look before."""
    ends: dict[Lot, int] = {}
    while True:
        if running.done():
            running.result()
            raise Unusable("The views are not complete: it was stopped; begin again, and they are built on.")
        if road.ready:
            nexts = {lot: max(await road.parts.store.progress(lot), 0) for lot in _lots(road)}
            level = bool(ends) and all(nexts[lot] >= end for lot, end in ends.items())
            ends = {lot: end for lot, (_, end) in (await road.parts.broker.bounds(_lots(road))).items()}
            built = Built(sum(nexts.values()), sum(ends.values()))
            show(built)
            if level:
                return built
        await asyncio.sleep(LOOK)


def _lots(road: Road) -> list[Lot]:
    name = INVENTORY_EVENTS.name
    return [Lot(name, number) for number in range(road.parts.broker.partitions(name))]
