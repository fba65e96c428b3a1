"""Views that are made anew beside the live ones, over the doubles, while the system goes on."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest

from contracts.inventory import Number
from services.chassis.errors import Refusal
from services.chassis.memory import MemoryBroker, MemoryStore
from services.chassis.metrics import Metrics
from services.chassis.parts import Parts
from services.chassis.road import Road
from services.chassis.stops import never
from services.gateway import viewing
from services.gateway.app import rebuilder
from services.gateway.domain import entry_of
from services.gateway.rebuild import begin
from services.gateway.settings import GatewaySettings
from services.gateway.store import SETS, live_views
from services.ops import rebuilding
from tests.system.system import ACME, System
from tests.unit.gateway.stock import timeless

ENVIRON = {"KAFKA_BOOTSTRAP_SERVERS": "none:1", "MONGODB_URL": "mongodb://none"}
NUMBERS = [f"+653158{n:04}" for n in range(12)]


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rebuilding, "LOOK", 0.02)
    monkeypatch.setattr(viewing, "GRACE", 0.02)


def road_of(system: System) -> Road:
    service = rebuilder(GatewaySettings.load(ENVIRON))
    broker = MemoryBroker(system.cluster, service.name)
    store = MemoryStore(system.database, service.owner, fences=service.fences)
    return Road(Parts(service, broker, store, system.clock, Metrics(), never, 0.01, 0.01))


async def rebuilt(system: System, *, anew: bool = False) -> rebuilding.Built:
    async with asyncio.timeout(20):
        return await rebuilding._rebuilt(road_of(system), lambda built: None, anew)


def views(system: System, name: str) -> dict[str, Mapping[str, Any]]:
    return timeless(system.database.collections[f"gateway.{SETS[name].catalogue}"])


def told(system: System) -> dict[str, Mapping[str, Any]]:
    numbers = {number: system.number(number) for number in NUMBERS}
    return {number: entry_of(Number.model_validate(data, strict=False)) for number, data in numbers.items()}


def counted(system: System, name: str) -> int:
    return sum(each["n"] for each in system.database.collections[f"gateway.{SETS[name].counts}"].values())


def changes(system: System, name: str) -> Counter[str]:
    return Counter(each["number"] for each in system.database.collections[f"gateway.{SETS[name].history}"].values())


async def filled(system: System) -> None:
    for number in NUMBERS:
        await system.add(number)
    for number in NUMBERS[:4]:
        await system.asks("number.reserve", number, holder=ACME, remark="for a friend")


async def test_what_was_lost_is_there_again_and_is_followed_from_then_on(system: System) -> None:
    await filled(system)
    system.database.write({(f"gateway.{SETS['a'].catalogue}", number): None for number in NUMBERS[::2]})
    await rebuilt(system)
    assert (await live_views(MemoryStore(system.database, "gateway"))).name == "b"
    assert views(system, "b") == told(system)
    await system.asks("number.release", NUMBERS[0], remark="not needed")
    assert views(system, "b") == told(system)
    assert (views(system, "a"), counted(system, "a"), counted(system, "b")) == ({}, 0, len(NUMBERS))
    assert not system.database.collections["gateway.rebuild"]


async def test_it_may_be_repeated_and_the_sets_take_turns(system: System) -> None:
    await filled(system)
    for name in ("b", "a", "b"):
        await rebuilt(system)
        assert (await live_views(MemoryStore(system.database, "gateway"))).name == name
        assert views(system, name) == told(system)


async def test_numbers_that_change_meanwhile_are_as_they_were_told_at_last(system: System) -> None:
    await filled(system)

    async def moves() -> None:
        for turn in range(4):
            for number in NUMBERS[4:]:
                data = {"remark": "r"} if turn % 2 else {"remark": "r", "holder": ACME}
                await system.says(
                    "inventory.commands", "number.release" if turn % 2 else "number.reserve", number, data
                )

    await asyncio.gather(moves(), rebuilt(system))
    await system.quiet()
    assert views(system, "b") == told(system)
    assert counted(system, "b") == len(NUMBERS)
    assert changes(system, "b") == {number: system.number(number)["version"] for number in NUMBERS}


async def test_an_interrupted_rebuild_is_built_on_or_begun_anew(system: System) -> None:
    await filled(system)
    store = MemoryStore(system.database, "gateway", fences="rebuild")
    service = rebuilder(GatewaySettings.load(ENVIRON))
    assert await begin(store, service)
    assert not await begin(store, service)
    system.database.write({(f"gateway.{SETS['b'].catalogue}", "+6500000000"): {"_id": "+6500000000", "version": 1}})
    await rebuilt(system, anew=True)
    assert views(system, "b") == told(system)


async def test_whoever_is_late_with_the_same_rebuild_ends(system: System) -> None:
    await filled(system)
    await rebuilt(system)
    road = road_of(system)
    with pytest.raises(Refusal, match="somebody else has finished it"):
        async with asyncio.timeout(10):
            await road.run(asyncio.Event())


async def test_what_cannot_be_read_is_passed_over_for_it_was_put_away_before(system: System) -> None:
    await filled(system)
    await system.says("inventory.events", "number.added", "+6500000000", {"not": "a number"})
    before = len(system.dead_letters())
    await rebuilt(system)
    assert before == len(system.dead_letters())
    assert before > 0
    assert views(system, "b") == told(system)
