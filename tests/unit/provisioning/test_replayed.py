"""Old events of inventory that come again: a dead letter may be replayed weeks later, when much has happened."""

import json

import pytest

from contracts.message import Message
from contracts.topics import INVENTORY_EVENTS
from tests.unit.provisioning.builders import ADAPTERS, A, B, Town, fact, order, town_with

EVENTS = INVENTORY_EVENTS.name


@pytest.mark.parametrize("together", [False, True])
async def test_an_old_event_sets_nothing_back(together: bool) -> None:
    """In one batch with newer ones, or alone."""
    town = await town_with(A, B)
    await town.answer(fact("activated", numbers=[A, B]))
    old = [latest(town, A), latest(town, B)]
    await town.answer(fact("changed", removed=[B]))
    await town.answer(fact("terminated"))
    before = dict(town.documents("holdings"))
    newer = [latest(town, A), latest(town, B)]
    await hears_again(town, *(newer if together else ()), *old)
    assert town.documents("holdings") == before


async def test_an_old_event_takes_no_number_from_whoever_has_it_now() -> None:
    town = await town_with(A)
    await town.answer(fact("activated", numbers=[A]))
    old = latest(town, A)
    await town.answer(fact("terminated"))
    await town.hears(order("number.release", A, remark="given up"))
    await hears_again(town, old)
    assert town.holdings() == {}, "it is nobody's"
    await town.answer(fact("activated", of="S-2", numbers=[A]))
    await hears_again(town, old)
    assert {number: stored["owner"] for number, stored in town.holdings().items()} == {A: "S-2"}


def latest(town: Town, number: str) -> Message:
    """What inventory said last about a number, as it is read."""
    said = [m for m in town.said if (m["topic"], m["subject"]) == (EVENTS, number)][-1]
    read: Message = ADAPTERS[EVENTS].validate_json(json.dumps({k: v for k, v in said.items() if k != "topic"}))
    return read


async def hears_again(town: Town, *events: Message) -> None:
    """Read events once more."""
    town.waiting[EVENTS] += events
    await town.hears()
