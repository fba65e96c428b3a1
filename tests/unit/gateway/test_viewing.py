"""Which set of views is read, and when that is looked up."""

import asyncio
from collections.abc import Collection
from typing import Any

import pytest

from services.chassis.errors import StoreTrouble
from services.chassis.ports import Document
from services.gateway import viewing
from services.gateway.store import LIVE, SETS
from services.gateway.viewing import read_by


class Pointing:
    """What says which set is live. `away`: nobody answers."""

    def __init__(self) -> None:
        self.name, self.away, self.looks = "a", False, 0

    async def get(self, _: str, __: Collection[str]) -> dict[str, Document]:
        self.looks += 1
        await asyncio.sleep(0)
        if self.away:
            raise StoreTrouble("away")
        return {LIVE: {"name": self.name}}


async def read(pointing: Pointing) -> str:
    return (await read_by(pointing)).name  # type: ignore[arg-type]


def waits(monkeypatch: pytest.MonkeyPatch, **seconds: Any) -> None:
    for name, value in seconds.items():
        monkeypatch.setattr(viewing, name, value)


async def test_the_live_set_is_looked_up_once_a_second() -> None:
    pointing = Pointing()
    assert [await read(pointing) for _ in range(9)] == ["a"] * 9
    assert pointing.looks == 1


async def test_after_that_it_is_looked_up_beside_those_who_read(monkeypatch: pytest.MonkeyPatch) -> None:
    waits(monkeypatch, REMEMBERED=0.0)
    pointing = Pointing()
    await read(pointing)
    pointing.name = "b"
    assert [await read(pointing) for _ in range(9)] == ["a"] * 9
    assert pointing.looks == 1, "one look is under way, and has not begun"
    await asyncio.sleep(0.01)
    assert (await read(pointing), pointing.looks) == ("b", 2)


async def test_who_finds_it_old_waits_and_hears_what_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    waits(monkeypatch, REMEMBERED=0.0, BELIEVED=60.0)
    pointing = Pointing()
    await read(pointing)
    pointing.name, pointing.away = "b", True
    assert await read(pointing) == "a"
    waits(monkeypatch, BELIEVED=0.0)
    with pytest.raises(StoreTrouble):
        await read(pointing)
    pointing.away = False
    assert await read(pointing) == SETS["b"].name
