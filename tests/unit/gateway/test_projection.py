"""How the views follow inventory's events."""

from collections import Counter
from random import Random
from typing import Any

import pytest

from contracts.fields import milliseconds_of
from contracts.inventory import Number
from contracts.topics import INVENTORY_COMMANDS
from services.chassis.memory import MemoryDatabase, MemoryStore
from services.chassis.work import Taken, Work
from services.gateway.app import service
from services.gateway.domain import Sort, changes, entry_of, sort_of
from services.gateway.handlers import Gateway
from services.gateway.settings import GatewaySettings
from services.gateway.store import live_views
from tests.unit.gateway.stock import NOON, drawn, drawn_numbers, folded, lives, taken, timeless


class Desk:
    """A gateway over doubles; `lanes` of it take turns."""

    def __init__(self) -> None:
        self.database = MemoryDatabase()
        self.store = MemoryStore(self.database, "gateway")
        self.outdated = 0

    async def hears(self, *events: dict[str, Any], lane: int = 0) -> None:
        async with self.store.transaction() as transaction:
            work = Work(transaction, NOON, lane, "/gateway", lambda _: 2)
            await Gateway(live_views).follow(work, [taken(data) for data in events])
        self.outdated += work.counts["catalogue", "outdated"]

    @property
    def catalogue(self) -> dict[str, dict[str, Any]]:
        return dict(self.database.collections["gateway.catalogue"])

    @property
    def counts(self) -> Counter[Any]:
        found: Counter[Any] = Counter()
        for each in self.database.collections["gateway.counts"].values():
            found[Sort(*(each[name] for name in Sort._fields))] += each["n"]
        return found


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.mark.parametrize("seed", range(5))
async def test_the_catalogue_is_the_fold_of_the_events_whatever_comes_again(desk: Desk, seed: int) -> None:
    dice = Random(seed)
    events = list(lives(dice, drawn_numbers(dice, 40)))
    at = 0
    while at < len(events):
        size = dice.randint(1, 30)
        again = dice.sample(events[:at], min(at, dice.randint(0, 5)))
        await desk.hears(*events[at : at + size], *again, lane=0)
        at += size
    latest = {number: entry_of(Number.model_validate_json(_json(data))) for number, data in folded(events).items()}
    assert timeless(desk.catalogue) == latest
    assert desk.counts == Counter(sort_of(entry) for entry in latest.values())


async def test_an_older_version_changes_nothing_and_is_counted(desk: Desk) -> None:
    new, old = (drawn(Random(3), "+6531580001", version) for version in (2, 1))
    await desk.hears(new)
    before = desk.catalogue
    await desk.hears(old, new)
    assert (desk.catalogue, desk.outdated) == (before, 2)


async def test_lanes_count_apart(desk: Desk) -> None:
    one, other = drawn(Random(1), "+6531580001"), drawn(Random(1), "+6531580002")
    await desk.hears(one, lane=0)
    await desk.hears(other, lane=1)
    assert len(desk.database.collections["gateway.counts"]) == 2
    assert set(desk.counts.values()) == {2}


def test_only_what_differs_is_written() -> None:
    before = entry_of(Number.model_validate_json(_json(drawn(Random(5), "+6531580001"))))
    after = {**before, "sku": "other", "version": 2}
    assert changes(before, after) == {"sku": "other", "version": 2}
    assert before["since"] % 1000 == 0
    assert milliseconds_of(NOON) == 1_772_366_400_000


def test_the_service_is_put_together_from_its_settings() -> None:
    environ = {"KAFKA_BOOTSTRAP_SERVERS": "localhost:9092", "MONGODB_URL": "mongodb://localhost"}
    made = service(GatewaySettings.load(environ))
    assert (made.name, made.source, made.writes) == ("gateway", "/gateway", (INVENTORY_COMMANDS,))
    assert len(made.edges) == 1  # what carries out jobs
    assert len(service(GatewaySettings.load(environ | {"NUMBERBANK_HTTP_PORT": "8000"})).edges) == 2


def _json(data: dict[str, Any]) -> bytes:
    import json

    return json.dumps(data).encode()


async def test_an_event_that_tells_of_another_number_than_its_own_is_passed_over(desk: Desk) -> None:
    await desk.hears(drawn(Random(1), "+6531580001"))
    before = desk.catalogue
    forged = taken(drawn(Random(2), "+6531580002"))
    stray = Taken(forged.message.model_copy(update={"subject": "+6531580001"}), 0)
    async with desk.store.transaction() as transaction:
        work = Work(transaction, NOON, 0, "/gateway", lambda _: 2)
        await Gateway(live_views).follow(work, [stray, stray])
    assert desk.catalogue == before
