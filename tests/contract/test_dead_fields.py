"""Fields of the data that cannot be read, and strange values that must not stop anybody."""

from typing import Any

import pytest

from tests.contract.stranger import CLOUDEVENTS, Stranger, event, written
from tests.contract.trade import ACME, ADD, NOW, bring, fresh, when

pytestmark = pytest.mark.asyncio(loop_scope="package")

RESERVE = ("number.reserve", {"holder": ACME, "remark": "r"})
UNASSIGN = ("number.unassign", {"subscription": "S-1", "cause": "removed"})
LOCK = ("number.lock", {"remark": "r"})
EXPIRE = ("number.expire", {"placed": 2})
RESTORE = ("number.restore", {"version": 2, "remark": "r"})
BAD = [
    (RESERVE, {"remark": None}, "remark"),
    (RESERVE, {"remark": ""}, "remark"),
    (RESERVE, {"remark": "r" * 501}, "remark"),
    (RESERVE, {"remark": 7}, "remark"),
    (RESERVE, {"remark": "\ud800"}, ""),
    (RESERVE, {"holder": None}, "holder"),
    (RESERVE, {"holder": "acme"}, "holder"),
    (RESERVE, {"holder": {}}, "org"),
    (RESERVE, {"holder": {"org": ""}}, "org"),
    (RESERVE, {"holder": {"org": 7}}, "org"),
    (RESERVE, {"holder": {"org": "acme", "kind": "king"}}, "kind"),
    (RESERVE, {"expected_version": "2"}, "expected_version"),
    (RESERVE, {"expected_version": 1.5}, "expected_version"),
    (RESERVE, {"expected_version": True}, "expected_version"),
    (UNASSIGN, {"subscription": None}, "subscription"),
    (UNASSIGN, {"cause": 7}, "cause"),
    (UNASSIGN, {"effective_at": "2026-03-01T00:00:00"}, "effective_at"),
    (UNASSIGN, {"effective_at": "soon"}, "effective_at"),
    (UNASSIGN, {"effective_at": 1772323200}, "effective_at"),
    (UNASSIGN, {"effective_at": "0001-01-01T00:00:00+14:00"}, "effective_at"),
    (UNASSIGN, {"effective_at": "9999-12-31T23:59:59-14:00"}, "effective_at"),
    (UNASSIGN, {"effective_at": "2026-03-01T00:00:00Z "}, "effective_at"),
    (UNASSIGN, {"effective_at": "\uff12026-03-01T00:00:00Z"}, "effective_at"),
    (LOCK, {"until": "2026-05-01"}, "until"),
    (EXPIRE, {"placed": "2"}, "placed"),
    (EXPIRE, {"placed": None}, "placed"),
    (RESTORE, {"version": None}, "version"),
    (RESTORE, {"version": "2"}, "version"),
    (RESTORE, {"version": -1}, "version"),
    (RESTORE, {"version": 2**53 + 1}, "version"),
    (RESTORE, {"remark": None}, "remark"),
    (("number.delete", {"reason": "bored", "remark": "r"}), {}, "reason"),
    (("number.add", ADD), {"vendor": None}, "vendor"),
    (("number.add", ADD), {"golden": "yes"}, "golden"),
    (("number.add", ADD), {"capabilities": "voice"}, "capabilities"),
    (("number.add", ADD), {"visible_to": [7]}, "visible_to"),
    (("number.import", ADD | {"since": NOW}), {"state": "lost"}, "state"),
    (("number.import", ADD | {"state": "available"}), {}, "since"),
]


@pytest.mark.parametrize(("command", "change", "field"), BAD)
async def test_a_wrong_field_of_a_command_becomes_a_dead_letter_that_names_it(
    bank: Stranger, command: Any, change: dict[str, Any], field: str
) -> None:
    number = await bring(bank, "available")
    data = {name: value for name, value in (command[1] | change).items() if value is not None}
    told = event(command[0], number, data)
    letter = await bank.dead_letter(
        await bank.write("inventory.commands", number.encode(), written(told), [CLOUDEVENTS]), "inventory"
    )
    assert field in (letter.header["nb-reason"] or b"").decode()
    answer = await bank.command("number.lock", number, {"remark": "r"})
    assert (answer["type"], answer["data"]["version"]) == ("number.locked", 2)
    assert not bank.caused["inventory.events", told["id"]]


BILLING = [
    ("subscription.activated", {"account": ACME, "product": "did"}, "numbers"),
    ("subscription.activated", {"product": "did", "numbers": []}, "account"),
    ("subscription.activated", {"account": ACME, "numbers": []}, "product"),
    ("subscription.activated", {"account": ACME, "product": "did", "numbers": ["+65 8100 0000"]}, "numbers"),
    ("subscription.activated", {"account": ACME, "product": "did", "numbers": "+6581000000"}, "numbers"),
    (
        "subscription.activated",
        {"account": ACME, "product": "did", "numbers": [], "all_or_nothing": "x"},
        "all_or_nothing",
    ),
    ("subscription.renewed", {"paid_until": "2026-03-01T00:00:00"}, "paid_until"),
    ("subscription.changed", {"added": ["6581000000"], "removed": []}, "added"),
    ("subscription.swapped", {"old": "+6581000000"}, "new"),
    ("subscription.transferred", {}, "account"),
]


@pytest.mark.parametrize(("fact", "data", "field"), BILLING)
async def test_a_wrong_field_of_a_billing_fact_becomes_a_dead_letter_that_names_it(
    bank: Stranger, fact: str, data: Any, field: str
) -> None:
    place = await bank.write("billing.events", b"S-bad", written(event(fact, "S-bad", data)), [CLOUDEVENTS])
    assert field in ((await bank.dead_letter(place, "provisioning")).header["nb-reason"] or b"").decode()


def deep(levels: int) -> Any:
    inner: Any = []
    for _ in range(levels):
        inner = [inner]
    return inner


# Neither allowed nor forbidden by name: answered or a dead letter, exactly one of the two.
STRANGE: dict[str, dict[str, Any]] = {
    "a NUL in the remark": {"remark": "a\0b"},
    "a NUL in the org": {"holder": {"org": "a\0b"}},
    "70 digits as version": {"expected_version": int("9" * 70)},
    "a negative version": {"expected_version": -1},
    "70 digits in an unknown field": {"unknown": int("9" * 70)},
    "65 bits in an unknown field": {"unknown": 1 << 64},
    "a deep unknown field": {"unknown": deep(300)},
    "a lone surrogate in an unknown field": {"unknown": "\ud800"},
    "a dollar and a dot": {"$set": {"a.b": 1}, "holder": {"org": "$a.b"}},
    "a big unknown field": {"unknown": "x" * 700_000},
    "not a number": {"unknown": float("nan")},
}


@pytest.mark.parametrize("what", STRANGE)
async def test_a_strange_value_is_answered_or_a_dead_letter_and_stops_nobody(bank: Stranger, what: str) -> None:
    number = await bring(bank, "available")
    told = event("number.reserve", number, RESERVE[1] | STRANGE[what])
    place = await bank.write("inventory.commands", number.encode(), written(told), [CLOUDEVENTS])
    await bank.command("number.update", number, {"vendor": "v2"})
    answers = bank.caused["inventory.events", told["id"]]
    if not answers:
        await bank.dead_letter(place, "inventory")
    assert len(answers) + len(bank.buried[place]) == 1


async def test_an_assignment_of_an_available_number_to_nobody_is_not_accepted(bank: Stranger) -> None:
    number = await bring(bank, "available")
    told = event("number.assign", number, {"subscription": "S-1"})
    place = await bank.write("inventory.commands", number.encode(), written(told), [CLOUDEVENTS])
    assert (await bank.command("number.update", number, {"vendor": "v"}))["data"]["state"] == "available"
    answers = bank.caused["inventory.events", told["id"]]
    assert len(answers) + len(bank.buried[place]) == 1


async def test_a_lock_may_be_for_ever_but_a_word_for_it_is_null_alone(bank: Stranger) -> None:
    number = fresh()
    await bank.say("inventory.commands", "number.add", number, ADD)
    told = (await bank.command("number.lock", number, {"remark": "r", "until": when(days=90)}))["data"]
    assert told["hold"]["until"] == when(days=90)
