"""What an instance shows of its lanes: how much is left, how late the timers are, and nothing once they are gone."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from services.chassis import road
from services.chassis.ports import Reader
from services.chassis.service import Service
from services.chassis.work import Taken, Work
from tests.road.ledger import TOPICS, ledger
from tests.road.test_road import ask
from tests.road.worlds import Instance, MemoryWorld, until


class Late:
    """Timers of which one has been due for an hour, and that nothing is done about."""

    async def due(self, reader: Reader, partition: int, at: datetime) -> Sequence[Any]:
        return ()

    async def first_due(self, reader: Reader, partition: int, at: datetime) -> datetime | None:
        return at - timedelta(hours=1) if partition == 2 else None

    async def settle(self, work: Work, due: Sequence[Any]) -> None:
        raise AssertionError("nothing is due")


class Stuck:
    """A handler that waits until it is let go."""

    def __init__(self, service: Service) -> None:
        self._handle, self.go = service.inputs[0].handle, asyncio.Event()

    async def __call__(self, work: Work, taken: Sequence[Taken]) -> None:
        await self.go.wait()
        await self._handle(work, taken)


def with_input(service: Service, **changed: Any) -> Service:
    return replace(service, inputs=(replace(service.inputs[0], **changed),))


def shown(instance: Instance, figure: str) -> dict[str, float]:
    """Give a figure by partition."""
    return {
        sample.labels["partition"]: sample.value
        for family in instance.road.parts.metrics.registry.collect()
        for sample in family.samples
        if sample.name == figure
    }


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(road, "LOOK", 0.01)


async def test_what_a_lane_has_not_taken_is_its_lag() -> None:
    world, service = MemoryWorld(TOPICS), ledger()
    stuck = Stuck(service)
    instance = await world.start(with_input(service, handle=stuck))
    await ask(world, "ann", 7)

    async def lag() -> float:
        return sum(shown(instance, "numberbank_lag_records").values())

    async def level() -> bool:
        return await lag() == 0

    assert await until(lag) == 7
    stuck.go.set()
    await until(level)
    await instance.stop()


async def test_the_oldest_timer_of_each_lane_is_shown_in_seconds() -> None:
    world = MemoryWorld(TOPICS)
    instance = await world.start(with_input(ledger(), timers=Late()))

    async def all_four() -> bool:
        return len(shown(instance, "numberbank_overdue_seconds")) == 4

    await until(all_four)
    assert shown(instance, "numberbank_overdue_seconds") == {"0": 0, "1": 0, "2": 3600, "3": 0}
    await instance.stop()


async def test_a_lane_that_has_gone_is_shown_no_longer() -> None:
    world = MemoryWorld(TOPICS)
    instance = await world.start(ledger())

    async def opened() -> bool:
        return len(shown(instance, "numberbank_fence_epoch")) == len(shown(instance, "numberbank_lag_records")) == 4

    await until(opened)
    await instance.stop()
    for figure in ("fence_epoch", "lag_records", "lane_next"):
        assert not shown(instance, f"numberbank_{figure}")
