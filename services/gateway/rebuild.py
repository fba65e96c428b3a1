"""Making the views anew beside the live ones: which set is built, and how it takes their place.

Whatever ends in between, it can be begun again: a set that is being built is built on, and the switch is one
transaction.
"""

from collections.abc import Collection
from typing import Any

from services.chassis.fence import FENCES, REBUILD, name_of
from services.chassis.ports import Document, Store, Transaction
from services.chassis.records import Lot
from services.chassis.retry import among_others
from services.chassis.service import Service
from services.gateway.store import LIVE, POINTER, SETS, Views

TRIES = 60  # of a switch, while lanes write their fences: some three minutes


async def begin(store: Store, service: Service, *, anew: bool = False) -> bool:
    """Choose the set that nobody reads, and empty it; False if one is being built already, and is built on."""
    name, building = await _pointed(store)
    if building is not None and not anew:
        return False
    await _point(store, name, None)  # whoever still builds it ends
    await _clear(store, service, _other(name))
    await _point(store, name, _other(name).name)
    return True


async def switch(store: Store, lots: Collection[Lot]) -> bool:
    """Let the new set be read and followed from now on, all in one moment; False if somebody else has done so.

    Lanes of the service go on from where both sets are complete. Each loses its epoch, so that nothing which it
    decided with the old set in mind goes through.
    """

    async def switched() -> bool:
        async with store.transaction() as transaction:
            return await _switched(transaction, [name_of("gateway", lot) for lot in lots])

    return await among_others(switched, TRIES)


async def finish(store: Store, service: Service) -> None:
    """Empty the set that nobody reads any longer, and forget how it was built. Not while one is being built."""
    name, building = await _pointed(store)
    if building is None:
        await _clear(store, service, _other(name))


async def _switched(transaction: Transaction, lanes: list[str]) -> bool:
    pointer = (await transaction.get(POINTER, [LIVE])).get(LIVE, {})
    if pointer.get("building") is None:
        return False
    live, built = await transaction.get(FENCES, lanes), await transaction.get(REBUILD, lanes)
    moved = {id: _moved(fence, built[id]) for id, fence in live.items() if id in built}
    if moved:
        await transaction.update(FENCES, moved)
    if new := [fence for id, fence in built.items() if id not in live]:  # of a service that has never run
        await transaction.put(FENCES, new)
    await transaction.put(POINTER, [{"_id": LIVE, "name": pointer["building"], "building": None}])
    return True


def _moved(live: Document, built: Document) -> Document:
    """Give a lane to its next owner; it goes back to where the new set is complete, and takes no repeat for known."""
    changed: dict[str, Any] = {"epoch": live["epoch"] + 1}
    if built["next"] < live["next"]:
        changed |= {"next": built["next"], "last": built["last"], "seen": []}
    return changed


async def _pointed(store: Store) -> tuple[str, str | None]:
    pointer = (await store.get(POINTER, [LIVE])).get(LIVE, {})
    return pointer.get("name", "a"), pointer.get("building")


async def _point(store: Store, name: str, building: str | None) -> None:
    async with store.transaction() as transaction:
        await transaction.put(POINTER, [{"_id": LIVE, "name": name, "building": building}])


async def _clear(store: Store, service: Service, views: Views) -> None:
    await store.empty(service, (*views.collections, REBUILD))


def _other(name: str) -> Views:
    [other] = (views for views in SETS.values() if views.name != name)
    return other
