"""Which code a refusal has when several would fit, and the refusals that the table of states does not reach."""

from typing import Any

import pytest

from tests.contract.stranger import Stranger
from tests.contract.trade import ACME, ADD, ZENITH, ask, bring, fresh, when

pytestmark = pytest.mark.asyncio(loop_scope="package")

FUTURE = {"effective_at": when(minutes=5, milliseconds=1)}
WRONG = {"expected_version": 9}
LEAVE: dict[str, Any] = {"subscription": "S-1", "cause": "subscription_expired"}
EXTEND = {"did_reservation": "R-1", "holder": ACME, "until": when(days=60)}
EXTENDED = ("number.extend", EXTEND)
END = {"did_reservation": "R-1"}
RESTORE, RELEASED = {"version": 3, "remark": "r"}, ("number.release", {"remark": "r"})
RESERVED_AGAIN = ("number.reserve", {"holder": ZENITH, "remark": "r"})
GOLDEN = ("number.add", ADD | {"golden": True})

# What the number went through, the command, its data, and the code that comes first.
CASES = [
    ([], "number.release", {"remark": "r"} | WRONG, "unknown_number"),
    ([], "number.unassign", LEAVE | FUTURE | {"cause": "no_such"}, "unknown_number"),
    ("available", "number.add", ADD | WRONG, "already_exists"),
    ("deleted", "number.add", ADD, "already_exists"),
    ("available", "number.unassign", LEAVE | FUTURE | WRONG | {"cause": "no_such"}, "version_mismatch"),
    ("available", "number.unassign", LEAVE | FUTURE | {"cause": "no_such"}, "time_in_future"),
    ("assigned", "number.unassign", LEAVE | FUTURE | {"cause": "no_such", "subscription": "S-2"}, "time_in_future"),
    ("available", "number.unassign", LEAVE | {"cause": "no_such"}, "invalid_transition"),
    ("assigned", "number.unassign", LEAVE | {"cause": "no_such", "subscription": "S-2"}, "unknown_cause"),
    ("assigned", "number.unassign", LEAVE | {"cause": "manual"}, "unknown_cause"),
    ("assigned", "number.unassign", LEAVE | {"cause": "locked"}, "unknown_cause"),
    ("assigned", "number.unassign", LEAVE | {"subscription": "S-2"}, "not_assigned_to_subscription"),
    ("assigned", "number.transfer", {"subscription": "S-2", "holder": ZENITH}, "not_assigned_to_subscription"),
    ("assigned", "number.transfer", {"subscription": "S-2", "holder": ZENITH} | WRONG, "version_mismatch"),
    ("assigned", "number.expire", {"placed": 7}, "invalid_transition"),
    ("reserved", "number.expire", {"placed": 7} | WRONG, "version_mismatch"),
    ("reserved", "number.expire", {"placed": 7}, "stale_hold"),
    ("locked", "number.expire", {"placed": 1}, "stale_hold"),
    ("locked", "number.expire", {"placed": 2}, "hold_not_due"),
    ("reserved", "number.assign", {"subscription": "S-2", "holder": ZENITH, "sku": "x", "placed": 7}, "stale_hold"),
    ("available", "number.assign", {"subscription": "S-2", "holder": ACME, "placed": 2}, "stale_hold"),
    ("reserved", "number.assign", {"subscription": "S", "holder": ZENITH, "sku": "x", "placed": 2}, "held_by_another"),
    ("reserved", "number.assign", {"subscription": "S-2", "holder": ACME, "sku": "x"}, "sku_mismatch"),
    ("available", "number.assign", {"subscription": "S-2", "holder": ACME, "sku": "x"}, "sku_mismatch"),
    ([GOLDEN], "number.assign", {"subscription": "S-2", "holder": ACME, "sku": "x"}, "golden_must_be_reserved_first"),
    ([GOLDEN], "number.assign", {"subscription": "S-2", "holder": ACME} | WRONG, "version_mismatch"),
    ("locked", "number.assign", {"subscription": "S-2", "holder": ACME, "placed": 7, "sku": "x"}, "invalid_transition"),
    ("reserved", "number.extend", EXTEND | {"holder": ZENITH, "until": when(days=1)}, "held_by_another"),
    ("reserved", "number.extend", EXTEND | {"until": when(days=27)}, "until_not_later"),
    ("available", "number.extend", EXTEND | {"until": when(days=1)}, "invalid_transition"),
    ("reserved", "number.end_extension", END, "not_extended_by"),
    ("reserved", "number.end_extension", END | FUTURE, "time_in_future"),
    ("available", "number.end_extension", END, "invalid_transition"),
    (["reserved", EXTENDED], "number.end_extension", {"did_reservation": "R-2"}, "not_extended_by"),
    ([], "number.restore", RESTORE | WRONG, "unknown_number"),
    (["reserved", RELEASED], "number.restore", RESTORE | WRONG, "version_mismatch"),
    ("reserved", "number.restore", RESTORE | WRONG | {"version": 2}, "version_mismatch"),
    ("reserved", "number.restore", RESTORE | {"version": 2}, "invalid_transition"),
    (["reserved", EXTENDED], "number.restore", RESTORE, "invalid_transition"),
    (["reserved", RELEASED], "number.restore", RESTORE | {"version": 2}, "changed_since"),
    (["reserved", RELEASED, RESERVED_AGAIN], "number.restore", RESTORE, "changed_since"),
    (["reserved", RELEASED, ("number.update", {"vendor": "v2"})], "number.restore", RESTORE, "changed_since"),
    (["reserved", RELEASED, ("number.restore", RESTORE)], "number.restore", RESTORE, "changed_since"),
    (["reserved", RELEASED, ("number.restore", RESTORE)], "number.restore", RESTORE | {"version": 4},
     "invalid_transition"),
]  # fmt: skip


@pytest.mark.parametrize(("past", "command", "data", "code"), CASES)
async def test_the_first_code_that_fits_is_told(
    bank: Stranger, past: Any, command: str, data: dict[str, Any], code: str
) -> None:
    number = await lived(bank, past)
    answer = await bank.command(command, number, data)
    assert (answer["type"], answer["data"].get("code")) == ("command.rejected", code), answer["data"]


async def lived(bank: Stranger, past: Any) -> str:
    """Give a number that went through states or commands."""
    steps = [past] if isinstance(past, str) else past
    number = await bring(bank, steps[0]) if steps and isinstance(steps[0], str) else fresh()
    await ask(bank, number, [step for step in steps if not isinstance(step, str)])
    return number


@pytest.mark.parametrize("number", ["+1234567", "+999999999999999", "+659", "+6500", "+65812345678901"])
async def test_a_number_that_cannot_exist_is_refused_as_invalid(bank: Stranger, number: str) -> None:
    if len(number) < 8:
        number = number.ljust(8, "0")
    answer = await bank.command("number.add", number, ADD | WRONG)
    assert (answer["type"], answer["data"].get("code")) == ("command.rejected", "invalid_number")
    assert (answer["data"]["state"], answer["data"]["version"]) == (None, None)


@pytest.mark.parametrize("state", ["available", "reserved", "assigned", "locked", "deleted"])
async def test_every_command_may_say_which_version_it_expects(bank: Stranger, state: str) -> None:
    right = {
        "available": ("number.lock", {"remark": "r"}),
        "reserved": ("number.release", {"remark": "r"}),
        "assigned": ("number.unassign", LEAVE),
        "locked": ("number.unlock", {"remark": "r"}),
        "deleted": ("number.recover", {"remark": "r"}),
    }
    number = await bring(bank, state)
    command, data = right[state]
    version = 1 if state == "available" else 2
    refusal = await bank.command(command, number, data | {"expected_version": version + 1})
    assert (refusal["data"]["code"], refusal["data"]["version"]) == ("version_mismatch", version)
    assert (await bank.command(command, number, data | {"expected_version": version}))["data"]["version"] == version + 1


async def test_a_refusal_changes_nothing(bank: Stranger) -> None:
    number = await bring(bank, "reserved")
    await bank.say("inventory.commands", "number.assign", number, {"subscription": "S", "holder": ZENITH})
    await bank.say("inventory.commands", "number.extend", number, EXTEND | {"until": when(days=1)})
    told = (await bank.command("number.assign", number, {"subscription": "S"}))["data"]
    assert (told["version"], told["previous"], told["holder"]["org"]) == (3, "reserved", "acme")


async def test_a_person_may_not_take_what_another_org_has_reserved_but_the_same_org_of_another_kind_may(
    bank: Stranger,
) -> None:
    number = await bring(bank, "reserved")
    told = await bank.command(
        "number.assign", number, {"subscription": "S", "holder": {"org": "acme", "kind": "partner"}}
    )
    assert told["type"] == "number.assigned"
