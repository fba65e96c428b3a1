"""How a batch is answered: each command once, in order, with few trips to the database."""

import pytest

from services.chassis.errors import Refusal
from tests.unit.inventory.builders import DAY, NUMBER, REAL, Bank, command

A_DAY = 24 * 60 * 60 * 1000  # milliseconds of real time
OTHER = "+6531580002"


async def test_commands_for_one_number_are_folded_in_order():
    bank = Bank()

    answers = await bank.told(
        command("number.reserve"), command("number.add"), command("number.reserve"), command("number.reserve"),
        command("number.release"), command("number.lock"),
    )  # fmt: skip

    assert [answer["data"].get("code", answer["type"]) for answer in answers] == [
        "unknown_number", "number.added", "number.reserved", "invalid_transition", "number.released", "number.locked",
    ]  # fmt: skip
    assert [answer["data"]["version"] for answer in answers] == [None, 1, 2, 2, 3, 4]


async def test_a_batch_that_is_decided_again_is_answered_the_same():
    bank = Bank()
    await bank.told(command("number.add"), command("number.release", subject=OTHER))
    batch = [command("number.reserve"), command("number.add", subject=OTHER), command("number.delete")]

    assert await bank.aborted(*batch) == await bank.told(*batch)


async def test_a_batch_reads_once_and_writes_each_document_once():
    bank = Bank()
    await bank.told(command("number.add"), command("number.add", subject=OTHER))
    bank.trips.clear()

    await bank.told(*(command("number.update", subject=subject) for subject in (NUMBER, OTHER) * 50))

    assert bank.trips == {"get numbers": 1, "put numbers": 1}


async def test_strangers_are_looked_up_only_where_a_number_is_missing():
    bank = Bank()

    await bank.told(command("number.release"))

    assert bank.trips == {"get numbers": 1, "get strangers": 1, "put strangers": 1}


@pytest.mark.parametrize("again", ["number.add", "number.delete"])
async def test_a_repeat_is_dropped_whatever_it_asks(again):
    bank = Bank()
    first = command("number.add", id="c-1")

    assert await bank.types(first, command(again, id="c-1")) == ["number.added"]
    assert await bank.types(command(again, id="c-1")) == []
    assert bank.documents("numbers")[NUMBER]["version"] == 1


async def test_a_repeat_of_a_rejected_command_is_dropped_too():
    bank = Bank()
    await bank.told(command("number.add"))

    assert await bank.types(command("number.release", id="c-1")) == ["invalid_transition"]
    await bank.told(command("number.reserve"))
    assert await bank.types(command("number.release", id="c-1")) == []


async def test_the_same_id_of_another_client_or_number_is_another_command():
    bank = Bank()
    await bank.told(command("number.add", id="c-1"))

    assert await bank.types(command("number.update", id="c-1", source="/other")) == ["number.updated"]
    assert await bank.types(command("number.add", id="c-1", subject=OTHER)) == ["number.added"]


async def test_a_repeat_is_known_for_a_day_of_real_time_whatever_our_clock_says():
    bank = Bank()
    await bank.told(command("number.add"), command("number.update", id="c-1"))
    bank.now += 400 * DAY
    bank.real += A_DAY - 1
    assert await bank.types(command("number.update", id="c-1")) == []
    bank.real += 1
    assert await bank.types(command("number.update", id="c-1")) == ["number.updated"]


async def test_a_repeat_is_known_among_the_last_128_of_its_number():
    bank = Bank()
    await bank.told(command("number.add"), command("number.update", id="c-1"))
    await bank.told(*(command("number.release") for _ in range(127)))
    assert await bank.types(command("number.update", id="c-1")) == []
    await bank.told(command("number.release"))
    assert await bank.types(command("number.update", id="c-1")) == ["number.updated"]


async def test_a_number_takes_along_what_it_was_asked_as_a_stranger():
    bank = Bank()
    assert await bank.types(command("number.reserve", id="c-1")) == ["unknown_number"]
    assert await bank.types(command("number.reserve", id="c-1")) == []
    assert bank.documents("strangers")[NUMBER]["seen_at"].timestamp() * 1000 == REAL

    await bank.told(command("number.add"))

    assert bank.documents("strangers") == {}
    assert await bank.types(command("number.reserve", id="c-1")) == []
    assert await bank.types(command("number.reserve", id="c-2")) == ["number.reserved"]


async def test_a_number_that_could_not_be_added_stays_a_stranger():
    bank = Bank()

    assert await bank.types(command("number.add", subject="+9991234567")) == ["invalid_number"]

    assert bank.documents("numbers") == {}
    assert set(bank.documents("strangers")) == {"+9991234567"}


async def test_what_is_stored_is_what_was_said():
    bank = Bank()
    answers = await bank.told(command("number.add"), command("number.lock", until=None))

    stored = bank.documents("numbers")[NUMBER]

    assert {stored["_id"]: stored["version"]} == {NUMBER: 2}
    said = answers[-1]["data"]
    assert set(stored) - {"_id", "answered", "former"} == set(said) - {"number"}
    same = set(said) - {"number", "since", "capabilities", "visible_to"}
    assert {name: stored[name] for name in same} == {name: said[name] for name in same}


async def test_strict_numbers_lie_in_a_range_that_is_in_use():
    unassigned = command("number.add", subject="+6510000000")

    assert await Bank().types(unassigned) == ["number.added"]
    assert await Bank(NUMBERBANK_STRICT_NUMBERS="1").types(unassigned) == ["invalid_number"]


async def test_the_policy_is_the_file_that_was_named(tmp_path):
    shipped = Bank()
    file = tmp_path / "policy.toml"
    causes = ("manual", "locked", "subscription_expired", "subscription_terminated", "swapped_out", "removed")
    file.write_text('notice = "7d"\n' + "".join(f'[period.{c}]\nnormal = "1h"\nported_in = "2h"\n' for c in causes))
    bank = Bank(NUMBERBANK_POLICY=str(file))

    for each, until in ((shipped, "2026-03-29T00:00:00Z"), (bank, "2026-03-01T01:00:00Z")):
        answers = await each.told(command("number.add"), command("number.reserve"))
        assert answers[1]["data"]["hold"]["until"] == until


def test_a_policy_that_is_none_is_refused_by_the_name_of_its_variable(tmp_path):
    with pytest.raises(Refusal, match="NUMBERBANK_POLICY"):
        Bank(NUMBERBANK_POLICY=str(tmp_path / "missing.toml"))
