"""The whole number after each change, field by field."""

from typing import Any

import pytest

from tests.contract.stranger import Stranger
from tests.contract.trade import ACME, NOW, ZENITH, ask, bring, fresh, hold, holder, later, when, whole
from tests.contract.trade import ADD as PLAIN

pytestmark = pytest.mark.asyncio(loop_scope="package")

ADD = ("number.add", PLAIN)
RESERVE = ("number.reserve", {"holder": ACME, "remark": "r"})
ASSIGN = ("number.assign", {"subscription": "S-1", "holder": ACME})
EXTEND = ("number.extend", {"did_reservation": "R-1", "holder": ACME, "until": when(days=60)})
LOCK = ("number.lock", {"remark": "r"})
DELETE = ("number.delete", {"reason": "returned_to_vendor", "remark": "r"})
FREE = {"until": when(days=28), "free_until": when(days=28)}
EVERYTHING = {
    "capabilities": ["voice", "sms"], "routing": "pop-1", "golden": True, "ported_in": True,
    "visible_to": ["a.example", "b.example"], "partner": "reach",
}  # fmt: skip
REACH = {"org": "reach", "kind": "partner"}
CHARGED = {"charged": True, "did_reservation": "R-1", "free_until": when(days=28)}
UNASSIGN = "number.unassign"

UNDO = {"remark": "slip"}

CASES: dict[str, tuple[list[Any], str, str | None, dict[str, Any]]] = {
    "added": ([ADD], "available", None, {}),
    "added with everything": (
        [("number.add", PLAIN | EVERYTHING)], "available", None, EVERYTHING,
    ),
    "reserved": ([ADD, RESERVE], "reserved", "available",
                 {"remark": "r", "holder": holder("acme"), "hold": hold("manual", 2, when(days=28))}),
    "reserved for a partner": (
        [ADD, ("number.reserve", {"holder": REACH, "remark": "r"})], "reserved", "available",
        {"remark": "r", "holder": holder("reach", "partner"), "hold": hold("manual", 2, when(days=28))},
    ),
    "extended": ([ADD, RESERVE, EXTEND], "reserved", "reserved",
                 {"holder": holder("acme"), "hold": hold("manual", 2, when(days=60), **CHARGED)}),
    "extended twice": (
        [ADD, RESERVE, EXTEND, ("number.extend", EXTEND[1] | {"until": when(days=90)})], "reserved", "reserved",
        {"holder": holder("acme"), "hold": hold("manual", 2, when(days=90), **CHARGED)},
    ),
    "not extended any more": (
        [ADD, RESERVE, EXTEND, ("number.end_extension", {"did_reservation": "R-1"})], "reserved", "reserved",
        {"holder": holder("acme"), "hold": hold("manual", 2, when(days=28))},
    ),
    "released": ([ADD, RESERVE, ("number.release", {"remark": "back"})], "available", "reserved",
                 {"remark": "back", "reason": "manual"}),
    "assigned": ([ADD, ASSIGN], "assigned", "available", {"holder": holder("acme"), "subscription": "S-1"}),
    "assigned to its reserver": (
        [ADD, RESERVE, ("number.assign", {"subscription": "S-1", "sku": "sg-local", "placed": 2, "remark": "why"})],
        "assigned", "reserved", {"holder": holder("acme"), "subscription": "S-1", "remark": "why"},
    ),
    "golden, reserved and assigned": (
        [("number.add", PLAIN | {"golden": True}), RESERVE, ASSIGN], "assigned", "reserved",
        {"golden": True, "holder": holder("acme"), "subscription": "S-1"},
    ),
    "transferred": ([ADD, ASSIGN, ("number.transfer", {"subscription": "S-1", "holder": ZENITH})],
                    "assigned", "assigned", {"holder": holder("zenith"), "subscription": "S-1"}),
    "updated": (
        [ADD, RESERVE, ("number.update", {"vendor": "v2", "routing": "pop-2", "visible_to": ["c"], "partner": "reach"}),
         ("number.update", {"sku": "sg-2", "capabilities": ["sms"], "routing": None, "visible_to": ["d.example"]})],
        "reserved", "reserved",
        {"vendor": "v2", "sku": "sg-2", "capabilities": ["sms"], "visible_to": ["d.example"], "partner": "reach",
         "holder": holder("acme"), "hold": hold("manual", 2, when(days=28))},
    ),
    "locked": ([ADD, LOCK], "locked", "available", {"remark": "r", "hold": hold("locked", 2, when(days=28))}),
    "locked until": ([ADD, ("number.lock", {"remark": "r", "until": "2026-05-01T08:00:00.123+08:00"})],
                     "locked", "available", {"remark": "r", "hold": hold("locked", 2, "2026-05-01T00:00:00.123Z")}),
    "locked for ever": ([ADD, ("number.lock", {"remark": "r", "until": None})], "locked", "available",
                        {"remark": "r", "hold": hold("locked", 2, None)}),
    "unlocked": ([ADD, LOCK, ("number.unlock", {"remark": "fine"})], "available", "locked", {"remark": "fine"}),
    "deleted": ([ADD, LOCK, DELETE], "deleted", "locked", {"remark": "r", "reason": "returned_to_vendor"}),
    "restored after a release": (
        [ADD, RESERVE, EXTEND, ("number.release", {"remark": "back"}), ("number.restore", UNDO | {"version": 4})],
        "reserved", "available",
        {"remark": "slip", "holder": holder("acme"), "hold": hold("manual", 2, when(days=60), **CHARGED)},
    ),
    "restored after an unlocking": (
        [ADD, LOCK, ("number.unlock", {"remark": "r"}), ("number.restore", UNDO | {"version": 3})],
        "locked", "available", {"remark": "slip", "hold": hold("locked", 2, when(days=28))},
    ),
    "restored after a deletion of what was locked": (
        [ADD, LOCK, DELETE, ("number.restore", UNDO | {"version": 3, "expected_version": 3})],
        "locked", "deleted", {"remark": "slip", "hold": hold("locked", 2, when(days=28))},
    ),
    "restored after a lock": (
        [("number.add", PLAIN | EVERYTHING), LOCK, ("number.restore", UNDO | {"version": 2})],
        "available", "locked", EVERYTHING | {"remark": "slip"},
    ),
    "recovered": ([ADD, DELETE, ("number.recover", {"remark": "found"})], "available", "deleted", {"remark": "found"}),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
async def test_an_event_has_the_whole_number_after_the_change(bank: Stranger, case: str) -> None:
    commands, state, previous, changes = CASES[case]
    number = fresh()
    answer = (await bank.answer(await ask(bank, number, commands))).event
    assert answer["data"] == whole(number, state, previous, len(commands), **changes)


@pytest.mark.parametrize(
    ("cause", "ported_in", "days"),
    [
        ("subscription_expired", False, 56), ("subscription_expired", True, 84),
        ("subscription_terminated", False, 28), ("subscription_terminated", True, 56),
        ("swapped_out", False, 1), ("swapped_out", True, 28), ("removed", False, 1), ("removed", True, 28),
    ],
)  # fmt: skip
async def test_a_number_that_leaves_its_subscription_rests_as_long_as_its_cause_says(
    bank: Stranger, cause: str, ported_in: bool, days: int
) -> None:
    number = await bring(bank, "assigned", ported_in=ported_in)
    answer = await bank.command(UNASSIGN, number, {"subscription": "S-1", "cause": cause})
    assert answer["type"] == "number.reserved"
    assert answer["data"] == whole(
        number, "reserved", "assigned", 3, ported_in=ported_in, holder=holder("acme"),
        hold=hold(cause, 3, when(days=days), subscription="S-1"),
    )  # fmt: skip


LONG_AGO = {**PLAIN, "state": "assigned", "since": when(days=-40), "holder": ACME, "subscription": "S-1"}


@pytest.mark.parametrize(
    ("effective", "since"),
    [
        (None, NOW),
        (when(days=-3), when(days=-3)),
        (when(days=-41), when(days=-40)),
        (when(minutes=5), when(minutes=5)),
        ("2026-02-28T16:00:00-05:00", "2026-02-28T21:00:00Z"),
    ],
)
async def test_a_hold_begins_when_it_took_effect_but_never_before_the_present_state(
    bank: Stranger, effective: str | None, since: str
) -> None:
    data = {"subscription": "S-1", "cause": "subscription_expired", "effective_at": effective}
    commands = [("number.import", LONG_AGO), (UNASSIGN, {name: value for name, value in data.items() if value})]
    told = (await bank.answer(await ask(bank, fresh(), commands))).data
    assert told["since"] == since
    assert told["hold"] == hold("subscription_expired", 2, later(since, days=56), subscription="S-1")


@pytest.mark.parametrize(
    ("rest", "kind"),
    [("6581234567", "mobile"), ("6561234567", "fixed_line"), ("6531580001", "voip"),
     ("12015550123", "fixed_line_or_mobile"), ("18002345678", "toll_free"), ("447400123456", "mobile"),
     ("6512345678", "unknown")],
)  # fmt: skip
async def test_the_type_of_a_number_is_derived_when_it_is_added(bank: Stranger, rest: str, kind: str) -> None:
    assert (await bank.command("number.add", f"+{rest}", PLAIN))["data"]["number_type"] == kind


async def test_what_is_restored_has_been_so_since_it_was_and_rests_for_whoever_lost_it(bank: Stranger) -> None:
    since, until = when(days=-40), when(days=16)
    lost = {"cause": "subscription_expired", "subscription": "S-1"}
    imported = PLAIN | {"state": "reserved", "since": since, "holder": REACH, "hold": lost}
    slip = [("number.release", {"remark": "r"}), ("number.restore", UNDO | {"version": 2})]
    number = fresh()
    told = (await bank.answer(await ask(bank, number, [("number.import", imported), *slip]))).data
    assert told == whole(
        number, "reserved", "available", 3, since=since, remark="slip", holder=holder("reach", "partner"),
        hold=hold("subscription_expired", 1, until, subscription="S-1"),
    )  # fmt: skip


async def test_an_update_and_an_extension_leave_the_hold_s_begin_and_name_alone(bank: Stranger) -> None:
    number = await bring(bank, "reserved")
    id = await ask(bank, number, [("number.update", {"vendor": "v2"}), EXTEND, ("number.update", {"ported_in": True})])
    told = (await bank.answer(id)).data
    assert (told["since"], told["hold"]["placed"], told["version"]) == (NOW, 2, 5)
    assert told["hold"]["until"] == when(days=60)
