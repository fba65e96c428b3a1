"""What the gateway knows of numbers after what all services have done with them."""

from contracts.inventory import Number
from services.chassis.memory import MemoryStore
from services.gateway.domain import entry_of
from services.gateway.freshness import reached
from tests.system.system import ACME, NUMBER, System

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
    assert catalogue == told
    assert sum(each["n"] for each in system.database.collections["gateway.counts"].values()) == 2


async def test_whoever_knows_where_the_answer_lies_can_wait_until_searches_know_it(system: System) -> None:
    await system.add()
    [(lot, log)] = [(lot, log) for lot, log in system.cluster.logs.items() if lot.topic == "inventory.events" and log]
    store = MemoryStore(system.database, "gateway")
    assert await reached(store, lot.partition, len(log) - 1, seconds=5)
    assert not await reached(store, lot.partition, len(log), seconds=0.02)
