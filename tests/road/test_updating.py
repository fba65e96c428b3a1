"""Updates of single fields, alike of the double and of the real store."""

import pytest

from tests.road.ledger import ledger
from tests.road.worlds import World


async def test_an_update_sets_what_it_names_and_leaves_the_rest(world: World) -> None:
    instance = await world.start(ledger())
    store = instance.road.parts.store
    async with store.transaction() as transaction:
        await transaction.put("accounts", [{"_id": "a", "sum": 1, "of": {"x": 1, "y": 2}}, {"_id": "b", "sum": 1}])
        await transaction.update("accounts", {"a": {"sum": 2, "of": {"x": 3}}, "gone": {"sum": 9}, "b": {"more": None}})
        inside = await transaction.get("accounts", ["a", "b", "gone"])
    outside = await store.get("accounts", ["a", "b", "gone"])
    await instance.stop()
    assert inside == outside == {
        "a": {"_id": "a", "sum": 2, "of": {"x": 3}},
        "b": {"_id": "b", "sum": 1, "more": None},
    }  # fmt: skip


async def test_an_update_that_is_aborted_has_not_happened(world: World) -> None:
    instance = await world.start(ledger())
    store = instance.road.parts.store
    async with store.transaction() as transaction:
        await transaction.put("accounts", [{"_id": "a", "sum": 1}])

    async def fails() -> None:
        async with store.transaction() as transaction:
            await transaction.update("accounts", {"a": {"sum": 2}})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fails()
    found = await store.get("accounts", ["a"])
    await instance.stop()
    assert found["a"]["sum"] == 1
