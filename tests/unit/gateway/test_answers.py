"""Answers to the rows of jobs: what their commands are called, and how lanes keep them."""

from random import Random

from contracts.topics import INVENTORY_EVENTS
from services.chassis.memory import MemoryDatabase, MemoryStore
from services.chassis.work import Taken, Work, derived_id
from services.gateway.domain import PREFIX, Answer, Outcome, Spot, command_id, new_seed, row_command_id, spot_of
from services.gateway.domain.row import SAID
from services.gateway.store import SETS
from services.gateway.store.outcomes import answers_from, keep
from tests.unit.gateway.stock import NOON, drawn, envelope


def test_a_command_says_which_row_it_is_of() -> None:
    spot = Spot("0123456789ab", 12, 499)
    assert row_command_id(spot).startswith(PREFIX)
    assert spot_of(row_command_id(spot)) == spot
    assert row_command_id(spot) != row_command_id(spot._replace(job="0123456789ac"))


def test_single_commands_are_of_no_row() -> None:
    assert spot_of(command_id("token", new_seed())) is None
    assert spot_of("0123456789ab-12-499") is None
    assert spot_of(f"{PREFIX}0123456789ab-12") is None


def test_of_a_long_reason_the_beginning_is_kept() -> None:
    outcome = Outcome("gw-j-0-7", "+6531580001", "command.rejected", 3, "locked", "wrong_state", "x" * 2 * SAID)
    answer = Answer.of(Spot("j", 0, 7), outcome)
    assert answer[:3] == (7, 3, "wrong_state")
    assert len(answer.message or "") == SAID


async def test_each_lane_keeps_the_answers_to_a_chunk_in_one_document() -> None:
    """However many batches they come in, and whoever else has used such an id."""
    database, single = MemoryDatabase(), command_id("token", new_seed())
    store = MemoryStore(database, "gateway")

    async def hears(lane: int, *answers: Taken) -> None:
        async with store.transaction() as transaction:
            await keep(Work(transaction, NOON, lane, "/gateway", lambda _: 2), SETS["a"], answers)

    await hears(0, answer("gw-j-0-0"), answer("gw-j-0-3"), answer("gw-j-1-0"), answer(single))
    await hears(0, answer("gw-j-0-4"), answer("gw-j-0-5", source="/somebody"))
    await hears(1, answer("gw-j-0-1"))
    kept = {id: [*answers_from(each)] for id, each in database.collections["gateway.answers"].items()}
    assert kept == {
        "j/0/0": [Answer(0, 1), Answer(3, 1), Answer(4, 1)], "j/1/0": [Answer(0, 1)], "j/0/1": [Answer(1, 1)],
    }  # fmt: skip
    assert [*database.collections["gateway.outcomes"]] == [single]


def answer(command: str, source: str = "/gateway") -> Taken:
    """Give the event that a number was added, by a command of `source`."""
    data = drawn(Random(1), "+6531580001") | {"state": "available", "hold": None, "holder": None}
    id = derived_id("/inventory", data["number"], source, command, "number.added", 1)
    event = envelope(data, id=id, type="number.added", causationid=command)
    return Taken(INVENTORY_EVENTS.adapter().validate_json(event), 1_770_000_000_000)
