"""Whether views are level with a topic, without servers."""

from collections import defaultdict
from collections.abc import Collection
from types import SimpleNamespace

import pytest

from services.chassis.records import Lot
from services.gateway.bulk import level
from services.gateway.bulk.level import Level


class Topic:
    """Two partitions of which the second is empty, and a lane that follows the first."""

    def __init__(self) -> None:
        self.ends, self.progress_of, self.answers = [7, 0], defaultdict[Lot, int](lambda: -1), True

    def partitions(self, topic: str) -> int:
        return len(self.ends)

    async def bounds(self, lots: Collection[Lot]) -> dict[Lot, tuple[int, int]]:
        if not self.answers:
            raise TimeoutError
        return {lot: (0, end) for lot, end in zip(lots, self.ends, strict=True)}

    async def progress(self, lot: Lot) -> int:
        return self.progress_of[lot]


async def test_level_is_where_the_topic_ended_when_it_was_asked_first_and_later_it_is_asked_anew() -> None:
    topic = Topic()
    is_level = Level(SimpleNamespace(broker=topic, store=topic))  # type: ignore[arg-type]
    first = Lot("inventory.events", 0)
    assert not await is_level()
    topic.ends[0] = 9  # meanwhile
    topic.progress_of[first] = 6
    assert not await is_level()
    topic.progress_of[first] = 7
    assert await is_level()
    assert not await is_level(), "it has nine by now"
    topic.progress_of[first] = 9
    assert await is_level()


async def test_while_nobody_says_where_the_topic_ends_nothing_is_level(monkeypatch: pytest.MonkeyPatch) -> None:
    topic = Topic()
    topic.answers = False
    monkeypatch.setattr(level, "PATIENCE", 0.01)
    is_level = Level(SimpleNamespace(broker=topic, store=topic))  # type: ignore[arg-type]
    topic.progress_of[Lot("inventory.events", 0)] = 7
    assert not await is_level()
    topic.answers = True
    assert await is_level()
