"""Answers to the rows of jobs: what their commands are called, and how lanes keep them."""

from random import Random

import pytest

from contracts.topics import INVENTORY_EVENTS
from services.chassis.errors import StoreTrouble
from services.chassis.memory import MemoryDatabase, MemoryStore
from services.chassis.work import Taken, Work, derived_id
from services.gateway.domain import PREFIX, Answer, Outcome, Spot, command_id, new_seed, row_command_id, spot_of
from services.gateway.domain.row import SAID
from services.gateway.outcomes import Outcomes
from services.gateway.store import SETS
from services.gateway.store.outcomes import answers_from, keep
from tests.unit.gateway.stock import NOON, drawn, envelope

JOB = f"{PREFIX}0123456789ab"
ROW = f"{JOB}-0-0"


def test_a_command_says_which_row_it_is_of() -> None:
    spot = Spot("0123456789ab", 12, 499)
    assert row_command_id(spot).startswith(PREFIX)
    assert spot_of(row_command_id(spot)) == spot
    assert row_command_id(spot) != row_command_id(spot._replace(job="0123456789ac"))


def test_single_commands_are_of_no_row() -> None:
    assert spot_of(command_id("token", new_seed())) is None
    assert spot_of("0123456789ab-12-499") is None
    assert spot_of(f"{PREFIX}0123456789ab-12") is None


@pytest.mark.parametrize("place", ["0-99999999999999999999", "0001-5", "1-05", "123456789-1", "1-1000", "-1-1"])
def test_a_row_has_one_name_and_a_place_that_can_be_stored(place: str) -> None:
    assert spot_of(f"{PREFIX}0123456789ab-{place}") is None


def test_of_a_long_reason_the_beginning_is_kept() -> None:
    outcome = Outcome(
        "gw-0123456789ab-0-7", "+6531580001", "command.rejected", 3, "locked", "wrong_state", "x" * 2 * SAID
    )
    answer = Answer.of(Spot("0123456789ab", 0, 7), outcome)
    assert answer[:3] == (7, 3, "wrong_state")
    assert len(answer.message or "") == SAID


async def test_answers_that_take_too_long_are_trouble_of_mongodb_and_not_none() -> None:
    class Slow(MemoryStore):
        async def select(self, *_: object, **__: object) -> None:
            return None

    with pytest.raises(StoreTrouble, match="longer than"):
        await Outcomes(Slow(MemoryDatabase(), "gateway")).of_chunk("0123456789ab", 0)  # type: ignore[arg-type]


async def test_of_several_answers_to_a_row_the_first_counts() -> None:
    database = MemoryDatabase()
    for batch in ((answer(ROW, version=1), answer(ROW, version=2)), (answer(ROW, version=3),)):
        async with MemoryStore(database, "gateway").transaction() as transaction:
            await keep(Work(transaction, NOON, 0, "/gateway", lambda _: 2), SETS["a"], batch)
    [kept] = database.collections["gateway.answers"].values()
    assert [*answers_from(kept)] == [Answer(0, 1)]


async def test_each_lane_keeps_the_answers_to_a_chunk_in_one_document() -> None:
    """However many batches they come in, and whoever else has used such an id."""
    database, single = MemoryDatabase(), command_id("token", new_seed())
    store = MemoryStore(database, "gateway")

    async def hears(lane: int, *answers: Taken) -> None:
        async with store.transaction() as transaction:
            await keep(Work(transaction, NOON, lane, "/gateway", lambda _: 2), SETS["a"], answers)

    await hears(0, answer(f"{JOB}-0-0"), answer(f"{JOB}-0-3"), answer(f"{JOB}-1-0"), answer(single))
    await hears(0, answer(f"{JOB}-0-4"), answer(f"{JOB}-0-5", source="/somebody"))
    await hears(1, answer(f"{JOB}-0-1"))
    kept = {id: [*answers_from(each)] for id, each in database.collections["gateway.answers"].items()}
    assert kept == {
        "0123456789ab/0/0": [Answer(0, 1), Answer(3, 1), Answer(4, 1)],
        "0123456789ab/1/0": [Answer(0, 1)],
        "0123456789ab/0/1": [Answer(1, 1)],
    }
    assert [*database.collections["gateway.outcomes"]] == [single]


def answer(command: str, source: str = "/gateway", version: int = 1) -> Taken:
    """Give the event that a number was added, by a command of `source`."""
    data = drawn(Random(1), "+6531580001", version) | {"state": "available", "hold": None, "holder": None}
    id = derived_id("/inventory", data["number"], source, command, "number.added", version)
    event = envelope(data, id=id, type="number.added", causationid=command)
    return Taken(INVENTORY_EVENTS.adapter().validate_json(event), 1_770_000_000_000)
