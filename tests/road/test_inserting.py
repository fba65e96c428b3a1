"""Documents that are said to be new, alike on the double and on the real database."""

import pytest

from services.chassis.errors import Conflict
from tests.road.ledger import ledger
from tests.road.worlds import World


async def test_what_is_said_to_be_new_must_not_be_there(world: World) -> None:
    instance = await world.start(ledger())
    store = instance.road.parts.store
    async with store.transaction() as transaction:
        await transaction.put("accounts", [{"_id": "a", "owner": "x"}], new=True)
    with pytest.raises(Conflict):
        async with store.transaction() as transaction:
            await transaction.put("accounts", [{"_id": "b", "owner": "y"}, {"_id": "a", "owner": "z"}], new=True)
    found = await store.get("accounts", ["a", "b"])
    await instance.stop()
    assert {id: each["owner"] for id, each in found.items()} == {"a": "x"}
