"""The past of numbers, on real MongoDB, against a naive reading of all that was ever told."""

import asyncio
import json
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest

from services.gateway import past
from services.gateway.domain import OPERATOR, Asker, Search, WrongSearch
from services.gateway.finding import Finder
from services.gateway.past import Historian
from services.ops.cli import outcome_of
from tests.integration.test_finding import ALONE, PARTNER, STRANGER, Stock, stock
from tests.unit.gateway.oracle import fits, visible
from tests.unit.gateway.stock import NOON, drawn

__all__ = ["stock"]

DAYS = (0.5, 1.0, 1.5, 3.5, 9.0)  # versions follow each other day by day, from day 1 on
ASKERS = (OPERATOR, PARTNER, STRANGER)


class Told:
    """All that was told, number by number."""

    def __init__(self, stock: Stock) -> None:
        self.stock = stock
        self.lives = {number: [data] for number, data in stock.numbers.items()}

    async def goes_on(self, dice: Random, turns: int = 5) -> None:
        for _ in range(turns):
            moved = dice.sample(sorted(self.lives), 200)
            events = [drawn(dice, number, len(self.lives[number]) + 1) for number in moved]
            await self.stock.becomes(*events)
            for data in events:
                self.lives[data["number"]].append(data)

    def at(self, moment: datetime) -> list[dict[str, Any]]:
        versions = int((moment - NOON) / timedelta(days=1))
        return [self.lives[number][:versions][-1] for number in sorted(self.lives) if versions > 0]


@pytest.fixture
async def told(stock: Stock) -> Told:
    told = Told(stock)
    await told.goes_on(Random(3))
    return told


async def test_a_search_of_the_past_finds_what_stood_so_then(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(past, "CHUNK", 1)  # so that pages are put together of many
    some, dice = 0, Random(5)
    for asker in ASKERS:
        for fields in ALONE:
            if "sort" in fields:
                continue
            moment = NOON + timedelta(days=dice.choice(DAYS))
            search = Search.of({**fields, "as_of": moment, "descending": dice.random() < 0.5})
            found = [data["number"] for data in await told.stock.found(search, asker, limit=dice.randint(3, 60))]
            expected = [each for each in told.at(moment) if fits(each, search) and visible(each, search, asker)]
            assert sorted(found, reverse=search.descending) == found
            assert sorted(found) == [each["number"] for each in expected], (search, asker)
            some += len(found)
    assert some > 500


async def test_a_number_is_shown_as_it_was(told: Told) -> None:
    historian = Historian(told.stock.store)
    for number in sorted(told.lives)[:60]:
        assert await historian.as_of(number, NOON, OPERATOR) is None
        for day, data in enumerate(told.lives[number], 1):
            moment = NOON + timedelta(days=day, hours=1)
            assert await historian.as_of(number, moment, OPERATOR) == data
            shown = await historian.as_of(number, moment, PARTNER)
            assert (shown is not None) == visible(data, Search(), PARTNER)
            assert shown is None or (data["holder"] or {}).get("org") == "acme" or shown["holder"] is None


async def test_the_changes_of_a_number_come_latest_first_and_page_by_page(told: Told) -> None:
    historian = Historian(told.stock.store)
    number = max(told.lives, key=lambda number: len(told.lives[number]))
    await told.stock.becomes(*(drawn(Random(n), number, n) for n in range(len(told.lives[number]) + 1, 120)))
    versions, before = list[int](), None
    while True:
        page = await historian.changes(number, OPERATOR, limit=7, before=before)
        versions += [each["data"]["version"] for each in page.changes]
        if (before := page.before) is None:
            break
    assert versions == list(range(119, 0, -1))
    [first] = (await historian.changes(number, OPERATOR, limit=7, before=2)).changes
    assert first["data"] == told.lives[number][0]
    assert (first["actor"], first["causationid"], first["subject"]) == ("somebody", "because-1", number)


async def test_who_asked_is_for_those_whom_it_concerns(told: Told) -> None:
    historian, hidden = Historian(told.stock.store), 0
    for number, life in sorted(told.lives.items())[:80]:
        changes = (await historian.changes(number, PARTNER)).changes
        may = [data for data in reversed(life) if visible(data, Search(), PARTNER)]
        assert [each["data"]["version"] for each in changes] == [data["version"] for data in may]
        for change, data in zip(changes, may, strict=True):
            own = (data["holder"] or {}).get("org") == "acme"
            assert ("actor" in change) == own == (change["data"]["remark"] is not None or (own and not data["remark"]))
            hidden += not own
    assert hidden > 20


async def test_pages_of_changes_are_full_and_end_at_what_may_be_seen(told: Told) -> None:
    historian, partly = Historian(told.stock.store), 0
    for number, life in sorted(told.lives.items())[:80]:
        may = [data["version"] for data in reversed(life) if visible(data, Search(), PARTNER)]
        page = await historian.changes(number, PARTNER, limit=1)
        assert [each["data"]["version"] for each in page.changes] == may[:1]
        assert page.before == (may[0] if len(may) > 1 else None)
        partly += 0 < len(may) < len(life)
    assert partly > 5


async def test_the_past_is_not_counted_nor_sorted_by_what_moves(told: Told) -> None:
    with pytest.raises(WrongSearch, match="as_of: only the present is counted"):
        await told.stock.finder.facets(Search(as_of=NOON), OPERATOR)
    with pytest.raises(WrongSearch, match="in the order of numbers only, not by since"):
        Search.of({"as_of": NOON, "sort": "since"})


async def test_a_search_that_takes_too_long_gets_a_sentence(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    finder, select = Finder(told.stock.store, patience=0.05), told.stock.store.select

    async def slow(collection: str, wanted: Any, *how: Any, **besides: Any) -> Any:
        return await select(collection, {"$and": [wanted, {"$where": "sleep(20) || true"}]}, *how, **besides)

    monkeypatch.setattr(told.stock.store, "select", slow)
    for search in (Search(as_of=NOON + timedelta(days=2)), Search(pattern="1")):
        with pytest.raises(WrongSearch, match="takes longer than"):
            await finder.page(search, Asker(may_manage=True))


async def test_people_see_the_past_at_the_command_line(
    told: Told, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"MONGODB_URL": told.stock.url, "KAFKA_BOOTSTRAP_SERVERS": "localhost:9"}.items():
        monkeypatch.setenv(name, value)
    number = sorted(told.lives)[0]
    arguments = ["number", "show", number, "--as-of", "2026-03-02T13:00:00Z", "--json"]
    assert await asyncio.to_thread(outcome_of, arguments) == 0
    assert json.loads(capsys.readouterr().out) == told.lives[number][0]
    assert await asyncio.to_thread(outcome_of, ["number", "show", number, "--as-of", "2026-03-02"]) == 1
    assert "was not in the bank then" in capsys.readouterr().err
    arguments = ["find", "--owner", "acme", "--as-of", "2026-03-04", "--limit", "1000", "--json"]
    assert await asyncio.to_thread(outcome_of, arguments) == 0
    *found, _ = map(json.loads, capsys.readouterr().out.splitlines())
    moment = datetime.fromisoformat("2026-03-04T00:00:00+00:00")
    assert found == [each for each in told.at(moment) if (each["holder"] or {}).get("org") == "acme"]
