"""A command is answered once, whatever its record's key and partition."""

import asyncio
import shutil

import pytest

from tests.contract.stranger import CLOUDEVENTS, Stranger, event, written
from tests.contract.trade import ACME, ADD, bring, fresh, named

pytestmark = pytest.mark.asyncio(loop_scope="package")

COMMANDS, EVENTS = "inventory.commands", "inventory.events"


async def settled(bank: Stranger, number: str) -> None:
    """Wait until all that was written of a number before now has been answered."""
    await bank.command("number.update", number, {"vendor": "v9"})


async def test_a_repeat_is_dropped_whatever_it_contains(bank: Stranger) -> None:
    number, id = await bring(bank, "available"), named("id")
    await bank.say(COMMANDS, "number.reserve", number, {"holder": ACME, "remark": "r"}, id=id)
    await bank.say(COMMANDS, "number.reserve", number, {"holder": ACME, "remark": "r"}, id=id)
    await bank.say(COMMANDS, "number.release", number, {"remark": "r"}, id=id)
    await settled(bank, number)
    assert [one.event["type"] for one in bank.caused[EVENTS, id]] == ["number.reserved"]


async def test_a_repeat_of_a_refused_command_is_dropped_too(bank: Stranger) -> None:
    number, id = await bring(bank, "available"), named("id")
    await bank.say(COMMANDS, "number.unlock", number, {"remark": "r"}, id=id)
    await bank.say(COMMANDS, "number.lock", number, {"remark": "r"})
    await bank.say(COMMANDS, "number.unlock", number, {"remark": "r"}, id=id)
    await settled(bank, number)
    assert [one.event["type"] for one in bank.caused[EVENTS, id]] == ["command.rejected"]


async def test_the_same_id_of_another_source_or_number_is_another_command(bank: Stranger) -> None:
    numbers, id = [await bring(bank, "available") for _ in range(2)], named("id")
    for number, source in (numbers[0], "/a"), (numbers[0], "/b"), (numbers[1], "/a"):
        await bank.say(COMMANDS, "number.update", number, {"vendor": "v2"}, id=id, source=source)
    await bank.until(lambda: len(bank.caused[EVENTS, id]) == 3)
    assert {(one.event["subject"], one.event["actor"]) for one in bank.caused[EVENTS, id]} == {
        (numbers[0], "/a"), (numbers[0], "/b"), (numbers[1], "/a"),
    }  # fmt: skip


@pytest.mark.parametrize(("others", "answers"), [(127, 1), (128, 2)])
async def test_a_repeat_is_known_among_the_last_128_commands_of_its_number(
    bank: Stranger, others: int, answers: int
) -> None:
    number, id = await bring(bank, "available"), named("id")
    for turn in range(others + 2):
        more = {"id": id} if turn in (0, others + 1) else {}
        await bank.say(COMMANDS, "number.update", number, {"vendor": f"v{turn}"}, **more)
    await settled(bank, number)
    told = bank.caused[EVENTS, id]
    assert len(told) == answers
    assert len({one.event["id"] for one in told}) == answers  # who drops by id must not miss a change


@pytest.mark.parametrize("key", [None, b"", b"another", b"\xff", "+6580000000".encode("utf-16")])
@pytest.mark.parametrize("lot", range(4))
async def test_a_record_with_another_key_or_none_is_forwarded_and_answered_once(
    bank: Stranger, key: bytes | None, lot: int
) -> None:
    told = event("number.add", number := fresh(), ADD)
    await bank.write(COMMANDS, key, written(told), [CLOUDEVENTS, ("x", b"y")], lot)
    answer = await bank.answer(told["id"])
    assert (answer.key, answer.event["type"]) == (number.encode(), "number.added")
    await settled(bank, number)
    assert len(bank.caused[EVENTS, told["id"]]) == 1


async def test_a_record_in_another_partition_and_its_repeat_at_home_are_answered_once(bank: Stranger) -> None:
    told = event("number.add", number := fresh(), ADD)
    for lot in [*range(4), *range(4)]:
        await bank.write(COMMANDS, number.encode(), written(told), [CLOUDEVENTS], lot)
    await bank.answer(told["id"])
    await settled(bank, number)
    other = [await bring(bank, "available") for _ in range(12)]
    await asyncio.gather(*(settled(bank, one) for one in other))
    assert len(bank.caused[EVENTS, told["id"]]) == 1


@pytest.mark.parametrize("topic", ["billing.events", "provisioning.commands"])
async def test_a_fact_without_a_key_is_answered_once(bank: Stranger, topic: str) -> None:
    if topic == "billing.events":
        told = event("subscription.activated", named("S"), {"account": ACME, "product": "did", "numbers": []})
    else:
        told = event("reservation.extend", fresh(), {"did_reservation": "R-none"})
    for lot in range(4):
        await bank.write(topic, None, written(told), [CLOUDEVENTS], lot)
    answer = await bank.answer(told["id"], "provisioning.events")
    assert answer.event["causationid"] == told["id"]
    barrier = event("subscription.activated", told["subject"], {"account": ACME, "product": "did", "numbers": []})
    await bank.write("billing.events", barrier["subject"].encode(), written(barrier), [CLOUDEVENTS])
    await bank.answer(barrier["id"], "provisioning.events")
    assert len(bank.caused["provisioning.events", told["id"]]) == 1


@pytest.mark.skipif(shutil.which("kcat") is None, reason="kcat is not installed")
async def test_records_of_a_client_that_reckons_partitions_in_another_way_are_answered_once(bank: Stranger) -> None:
    told = [event("number.add", fresh(), ADD) for _ in range(12)]
    lines = b"".join(one["subject"].encode() + b"\t" + written(one) + b"\n" for one in told)
    kcat = ["kcat", "-P", "-b", bank.servers, "-t", COMMANDS, "-K", "\t"]
    process = await asyncio.create_subprocess_exec(*kcat, stdin=asyncio.subprocess.PIPE)
    await process.communicate(lines)
    for one in told:
        answer = await bank.answer(one["id"])
        assert (answer.event["type"], answer.partition) == ("number.added", bank.home(EVENTS, one["subject"]))
        await settled(bank, one["subject"])
        assert len(bank.caused[EVENTS, one["id"]]) == 1
