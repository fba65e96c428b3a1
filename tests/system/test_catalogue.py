"""What the gateway knows of numbers after what all services have done with them."""

from contracts.inventory import Number
from services.gateway.domain import entry_of
from tests.system.system import ACME, NUMBER, System
from tests.unit.gateway.stock import timeless

OTHER = "+6531580002"


async def test_the_catalogue_follows_numbers_through_their_lives(system: System) -> None:
    await system.add()
    await system.add(OTHER, golden=True)
    await system.asks("number.reserve", holder=ACME, remark="for a friend")
    await system.bills("activated", account=ACME, product="did", numbers=[NUMBER])
    await system.bills("expired")
    await system.passes(days=60)
    catalogue = system.database.collections["gateway.catalogue"]
    events = {number: system.number(number) for number in (NUMBER, OTHER)}
    told = {number: entry_of(Number.model_validate(data, strict=False)) for number, data in events.items()}
    assert timeless(catalogue) == told
    assert sum(each["n"] for each in system.database.collections["gateway.counts"].values()) == 2
