"""Every filter, alone and in combinations, on real MongoDB against a naive reading of what was asked."""

import asyncio
import json
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from contracts.policy import Policy
from services.chassis.mongo import MongoStore
from services.chassis.work import Work
from services.gateway import finding, sifting
from services.gateway.app import service
from services.gateway.domain import OPERATOR, Asker, Search, WrongSearch, preset
from services.gateway.finding import FACETS, Finder
from services.gateway.handlers import Gateway
from services.gateway.query import alike, among, wanted
from services.gateway.settings import GatewaySettings
from services.gateway.store import SETS, live_views
from services.ops.cli import outcome_of
from services.ops.stack import Stack
from tests.unit.gateway.oracle import fits, key, visible
from tests.unit.gateway.stock import NOON, drawn, drawn_numbers, taken

ENVIRON = {"KAFKA_BOOTSTRAP_SERVERS": "localhost:9092", "MONGODB_URL": "mongodb://localhost"}
PARTNER = Asker("acme", ("acme.example",))
STRANGER = Asker(None, ("beta.example",))


class Stock:
    """A drawn stock, in MongoDB and beside it."""

    def __init__(self, store: MongoStore, url: str) -> None:
        self.url = url
        self.store, self.finder = store, Finder(store, patience=30)
        self.numbers: dict[str, dict[str, Any]] = {}

    async def becomes(self, *numbers: dict[str, Any]) -> None:
        async with self.store.transaction() as transaction:
            work = Work(transaction, NOON, 0, "/gateway", lambda _: 4)
            await Gateway(live_views).follow(work, [taken(data) for data in numbers])
            # As the fence of a lane would: whatever reads with majority sees it from here on.
        self.numbers |= {data["number"]: data for data in numbers}

    async def found(self, search: Search, asker: Asker = OPERATOR, limit: int = 7) -> list[dict[str, Any]]:
        """Give all pages of a search."""
        numbers, cursor = [], None
        while True:
            page = await self.finder.page(search, asker, limit=limit, cursor=cursor)
            numbers += page.numbers
            assert len(page.numbers) == limit or page.next is None
            if (cursor := page.next) is None:
                return numbers

    def expected(self, search: Search, asker: Asker = OPERATOR) -> list[str]:
        fitting = [data for data in self.numbers.values() if fits(data, search) and visible(data, search, asker)]
        fitting.sort(key=lambda data: key(data, search), reverse=search.descending)
        return [data["number"] for data in fitting]


ALONE: list[dict[str, Any]] = [
    {}, {"state": ("reserved",)}, {"state": ("available", "locked")}, {"sku": ("sg-local",)}, {"vendor": ("v2",)},
    {"country": ("US",)}, {"routing": ("r1", "r2")}, {"pattern": "31"}, {"pattern": "+6531"}, {"pattern": "+65*88"},
    {"pattern": "888"}, {"pattern": "+1*7?7"}, {"pattern": "1?3?5"}, {"pattern": "5312"},
    {"pattern": "31?8*1"}, {"pattern": "+6*531*8"}, {"pattern": "*"}, {"pattern": "+*"}, {"capability": ("voice",)},
    {"capability": ("sms", "voice")}, {"capability": ("sms", "voice"), "exactly": True}, {"golden": True},
    {"golden": False}, {"ported_in": True}, {"charged": True}, {"charged": False}, {"visible_to": "beta.example"},
    {"subscription": "S-1"}, {"owner": "acme"}, {"cause": ("manual", "locked")},
    {"until_to": NOON + timedelta(days=7)}, {"until_from": NOON, "until_to": NOON + timedelta(days=30)},
    {"since_from": NOON - timedelta(days=50)}, {"since_to": NOON - timedelta(days=90)}, {"q": "acme"}, {"q": "S-2"},
    {"q": "531"}, {"q": "31580"}, {"sort": "since"}, {"sort": "until"},
]  # fmt: skip
LOOSE: list[dict[str, Any]] = [
    {"pattern": pattern, **fields}
    for pattern in ("531*8", "31?8*1", "53168?5", "+1*800?5", "+6*531*8?")
    for fields in (
        {},
        {"state": ("available", "locked")},
        {"vendor": ("v1",), "capability": ("sms",)},
        {"golden": True},
        {"golden": False},
    )
]
DRAWN = [each for each in ALONE if each and "q" not in each]


@pytest.fixture
async def stock(stack: Stack) -> AsyncIterator[Stock]:
    url = stack.env["MONGODB_URL"].replace("/?", f"/t{uuid.uuid4().hex[:12]}?", 1)
    store = MongoStore(url, "gateway")
    await store.connect(service(GatewaySettings.load(ENVIRON)))
    dice, stock = Random(7), Stock(store, url)
    drawn_stock = [drawn(dice, number) for number in drawn_numbers(dice, 400)]
    for at in range(0, len(drawn_stock), 100):
        await stock.becomes(*drawn_stock[at : at + 100])
    yield stock
    await store._client.drop_database(store._database.name)
    store.close()


async def test_each_filter_finds_what_it_says_for_whoever_asks(stock: Stock) -> None:
    some = 0
    for asker in (OPERATOR, PARTNER, STRANGER):
        for fields in ALONE:
            for descending in (False, True):
                search = Search.of({**fields, "descending": descending})
                found = [data["number"] for data in await stock.found(search, asker, limit=41)]
                assert found == stock.expected(search, asker), (search, asker)
                some += bool(found)
    assert some > 100


async def test_filters_go_together_in_any_combination(stock: Stock) -> None:
    dice, some = Random(11), 0
    for _ in range(250):
        fields: dict[str, Any] = {"sort": dice.choice(("number", "since", "until")), "descending": dice.random() < 0.5}
        for each in dice.sample(DRAWN, dice.randint(1, 4)):
            fields |= each
        try:
            search = Search.of(fields)
        except WrongSearch:
            continue  # the beginning of one range and the end of another
        asker = dice.choice((OPERATOR, OPERATOR, PARTNER, STRANGER))
        found = [data["number"] for data in await stock.found(search, asker, limit=dice.randint(1, 40))]
        assert found == stock.expected(search, asker), (search, asker)
        some += bool(found)
    assert some > 60


async def test_what_is_found_is_the_number_as_its_latest_event_told_it(stock: Stock) -> None:
    for data in await stock.found(Search(), OPERATOR, 100):
        assert data == stock.numbers[data["number"]]
    for data in await stock.found(Search(), PARTNER, 100):
        if (data["holder"] or {}).get("org") != "acme":
            assert data["holder"] is data["hold"] is data["subscription"] is data["remark"] is None
            assert set(data["visible_to"]) <= {"acme.example"}


@pytest.mark.parametrize("sort", ["number", "since", "until"])
async def test_pages_neither_miss_nor_repeat_a_number_that_stands_while_others_move(stock: Stock, sort: str) -> None:
    dice, search = Random(5), Search.of({"sort": sort})
    before = stock.expected(search)
    moving = set(dice.sample(sorted(stock.numbers), 150))
    seen, cursor = [], None
    while True:
        page = await stock.finder.page(search, OPERATOR, limit=20, cursor=cursor)
        seen += [data["number"] for data in page.numbers]
        if (cursor := page.next) is None:
            break
        moved = dice.sample(sorted(moving), 10)
        await stock.becomes(*(drawn(dice, each, stock.numbers[each]["version"] + 1) for each in moved))
    standing = [number for number in before if number not in moving]
    assert [number for number in seen if number not in moving] == standing
    if sort == "number":
        assert seen == before


async def test_counts_by_facet_are_those_of_the_search(stock: Stock) -> None:
    for asker in (OPERATOR, PARTNER):
        for fields in [*ALONE, {"state": ("available",), "sku": ("sg-local",), "golden": False}]:
            search = Search.of(fields)
            counted = await stock.finder.facets(search, asker)
            found = [stock.numbers[number] for number in stock.expected(search, asker)]
            assert (counted.total, counted.approximate) == (len(found), False), search
            for facet in FACETS if found else ():
                assert counted.facets[facet] == Counter(data[facet] for data in found), (facet, search)


async def test_presets_are_searches_by_policy(stock: Stock) -> None:
    for name in ("stale", "ending-soon", "ending soon", "charged"):
        search = Search.of(preset(name, NOON, Policy.shipped()))
        found = [data["number"] for data in await stock.found(search)]
        assert found == stock.expected(search)
        assert found


async def test_pages_of_a_preset_ask_for_the_same_times_however_long_people_read(
    stock: Stock, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MONGODB_URL", stock.url)
    seen: list[str] = []
    cursor: tuple[str, ...] = ()
    while True:
        *numbers, last = await says(stock, capsys, "--preset", "stale", "--limit", "20", *cursor)
        seen += [each["number"] for each in numbers]
        if last["summary"]["next"] is None:
            break
        cursor = ("--cursor", last["summary"]["next"])
    assert len(seen) > 40
    assert seen == stock.expected(Search.of(preset("stale", datetime.now(UTC), Policy.shipped())))
    for damaged in (cursor[1].partition(".")[2], "x." + cursor[1], cursor[1] + "x"):
        assert await asyncio.to_thread(outcome_of, ["find", "--preset", "stale", "--cursor", damaged]) == 2
        assert "belongs to another search" in capsys.readouterr().err


@pytest.mark.parametrize("change", ["other filter", "other asker", "cut", "turned", "nonsense", "long"])
async def test_a_cursor_that_is_not_of_this_search_gets_a_sentence(stock: Stock, change: str) -> None:
    search, asker = Search(vendor=("v1",)), OPERATOR
    cursor = (await stock.finder.page(search, asker, limit=5)).next
    assert cursor is not None
    if change == "other filter":
        search = Search(vendor=("v2",))
    elif change == "other asker":
        asker = PARTNER
    else:
        turned = cursor[:-3] + ("A" if cursor[-3] != "A" else "B") + cursor[-2:]
        cursor = {"cut": cursor[:-4], "turned": turned, "nonsense": "%%%", "long": "A" * 5000}[change]
    with pytest.raises(WrongSearch, match="damaged or belongs to another search"):
        await stock.finder.page(search, asker, cursor=cursor)


async def says(stock: Stock, capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, Any]]:
    """Run `numberbank find` over the stock; give what it says to programs."""
    capsys.readouterr()
    assert await asyncio.to_thread(outcome_of, ["find", *arguments, "--json"]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


async def test_people_find_the_same_at_the_command_line(
    stock: Stock, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MONGODB_URL", stock.url)
    search = Search(state=("available", "locked"), pattern="+65*8", sort="since")
    arguments = ("--state", "available,locked", "--pattern", "+65*8", "--sort", "since")
    seen: list[str] = []
    cursor: tuple[str, ...] = ()
    while True:
        *numbers, last = await says(stock, capsys, *arguments, "--limit", "20", "--facets", *cursor)
        seen += [each["number"] for each in numbers]
        assert last["summary"]["total"] == len(stock.expected(search))
        if last["summary"]["next"] is None:
            break
        cursor = ("--cursor", last["summary"]["next"])
    assert seen == stock.expected(search)
    assert await asyncio.to_thread(outcome_of, ["find", "acme", "--facets"]) == 0
    assert "acme" in capsys.readouterr().out
    assert await asyncio.to_thread(outcome_of, ["find", "--cursor", "nonsense"]) == 2
    assert "belongs to another search" in capsys.readouterr().err


async def test_counts_of_what_takes_too_long_are_marked(stock: Stock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding, "SAMPLES", (50,))
    some = await stock.finder.facets(Search(pattern="+65"), OPERATOR)
    assert (some.total, some.approximate) == (51, True)
    monkeypatch.setattr(finding, "SAMPLES", ())
    none = await stock.finder.facets(Search(pattern="+65"), OPERATOR)
    assert (none.total, none.approximate) == (0, True)


@pytest.mark.parametrize("pattern", ["+6531", "+65312*8", "31588", "8888", "+1800*1234", "FLOWERS", "180055"])
async def test_a_pattern_looks_at_little_more_than_what_it_finds(stock: Stock, pattern: str) -> None:
    asked = wanted(Search(pattern=pattern), OPERATOR)
    catalogue = stock.store._collection(SETS["a"].catalogue)
    plan = (await catalogue.find(asked, sort=[("_id", 1)], limit=50).explain())["executionStats"]
    assert plan["totalKeysExamined"] <= 3 * plan["nReturned"] + 30


@pytest.mark.parametrize("pattern", ["531*8", "53168?5", "+1*800?5"])
async def test_of_a_loose_pattern_no_number_is_read_that_does_not_look_so(stock: Stock, pattern: str) -> None:
    search = Search(pattern=pattern)
    catalogue = stock.store._collection(SETS["a"].catalogue)
    keys = (await catalogue.find(alike(search), ["_id"], sort=[("_id", 1)]).explain())["executionStats"]
    assert keys["totalDocsExamined"] == 0 < keys["nReturned"] < len(stock.numbers)
    fitting = among(stock.expected(search), search, OPERATOR)
    read = (await catalogue.find(fitting, sort=[("_id", 1)]).explain())["executionStats"]
    assert read["totalDocsExamined"] == read["nReturned"] == len(stock.expected(search)) > 0


async def test_where_something_rarer_is_asked_for_no_keys_are_sifted(
    stock: Stock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def none(*_: Any) -> None:
        raise AssertionError

    monkeypatch.setattr(sifting.Sieve, "_sifted", none)
    for fields in ({"vendor": ("v1",)}, {"sku": ("sg-local",), "country": ("SG",)}, {"routing": ("r1", "r2")}):
        search = Search.of({"pattern": "531*8", **fields})
        found = [data["number"] for data in await stock.found(search)]
        assert found == stock.expected(search)


@pytest.mark.parametrize("sifted", [1.0, 0.0001, 0.0])
async def test_loose_patterns_are_sifted_portion_by_portion_or_the_rest_is_found_otherwise(
    stock: Stock, monkeypatch: pytest.MonkeyPatch, sifted: float
) -> None:
    monkeypatch.setattr(sifting, "FEWEST_KEYS", 3)
    monkeypatch.setattr(sifting, "FOR_EACH", 0)
    monkeypatch.setattr(sifting, "common", lambda _: [])
    monkeypatch.setattr(sifting, "SIFTED", sifted)  # of half a minute
    for fields in LOOSE:
        for asker in (OPERATOR, PARTNER, STRANGER):
            for descending in (False, True):
                search = Search.of({**fields, "descending": descending})
                found = [data["number"] for data in await stock.found(search, asker)]
                assert found == stock.expected(search, asker), (search, asker)


async def test_a_loose_pattern_is_looked_for_in_bounded_time(stock: Stock) -> None:
    with pytest.raises(WrongSearch, match="longer than 0 s"):
        await Finder(stock.store, patience=0).page(Search(pattern="531*8"), OPERATOR)


def looked_along(plan: Mapping[str, Any]) -> set[str]:
    """Give the indexes of a plan, with the terms that bound them."""
    if plan["stage"] == "IXSCAN":
        return {f"{plan['indexName']} {plan['indexBounds'].get('terms', '')}"}
    below = plan.get("inputStages") or [plan["inputStage"]] if plan["stage"] != "COLLSCAN" else []
    return set().union(*map(looked_along, below))


async def test_any_of_several_filters_may_lead_and_the_past_is_found_by_holders(stock: Stock) -> None:
    async def plans(views: str, **fields: Any) -> tuple[set[str], list[set[str]]]:
        found = stock.store._collection(views).find(wanted(Search.of(fields), OPERATOR), sort=[("_id", 1)], limit=50)
        planned = (await found.explain())["queryPlanner"]
        return looked_along(planned["winningPlan"]), [looked_along(each) for each in planned["rejectedPlans"]]

    names = {"golden": True, "country": ("SG",), "vendor": ("v1",), "state": ("locked",)}
    best, others = await plans(SETS["a"].catalogue, **names)
    assert len(best) + len(others) == 4
    assert all("terms_1__id_1" in each for each in set().union(best, *others))
    yesterday = NOON + timedelta(days=1)
    for fields in ({"owner": "acme"}, {"subscription": "S-1"}, {"q": "S-1"}):
        best, _ = await plans(SETS["a"].history, as_of=yesterday, **fields)
        assert all("terms_1__id_1" in each for each in best), fields
