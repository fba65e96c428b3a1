"""What a handler may ask of a store, alike of the double and of the real one."""

from tests.road.ledger import ledger
from tests.road.worlds import World


async def test_a_set_stands_for_any_of_its_members(world: World) -> None:
    instance = await world.start(ledger())
    store = instance.road.parts.store
    async with store.transaction() as transaction:
        await transaction.put("accounts", [{"_id": name, "owner": owner} for name, owner in ("ax", "by", "cz")])
        inside = await transaction.find("accounts", {"owner": frozenset("xz")})
    outside = await store.find("accounts", {"owner": frozenset("yz"), "_id": "c"})
    await instance.stop()
    assert sorted(found["_id"] for found in inside) == ["a", "c"]
    assert [found["_id"] for found in outside] == ["c"]
