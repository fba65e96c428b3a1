"""Numbers that come with a past, and holds that are over."""

from typing import Any

import pytest

from tests.contract.stranger import Stranger
from tests.contract.trade import ACME, ADD, NOW, ask, fresh, hold, holder, when, whole

pytestmark = pytest.mark.asyncio(loop_scope="package")

SINCE = when(days=-40)
PAST: dict[str, dict[str, Any]] = {
    "available": {},
    "reserved": {"holder": ACME, "hold": {"cause": "manual", "until": when(days=20)}},
    "assigned": {"holder": ACME, "subscription": "S-1"},
    "locked": {"hold": {"cause": "locked", "until": None}},
    "deleted": {},
}


@pytest.mark.parametrize("state", PAST)
async def test_a_number_is_imported_in_the_state_it_had(bank: Stranger, state: str) -> None:
    number = fresh()
    data = ADD | {"state": state, "since": SINCE, "remark": "legacy"} | PAST[state]
    answer = await bank.command("number.import", number, data)
    expected = whole(number, state, None, 1, since=SINCE, remark="legacy", subscription=PAST[state].get("subscription"))
    if "holder" in PAST[state]:
        expected["holder"] = holder("acme")
    if past := PAST[state].get("hold"):
        expected["hold"] = hold(past["cause"], 1, past["until"])
    assert answer["type"] == "number.imported", answer
    assert answer["data"] == expected


OVER = ADD | {"state": "reserved", "since": SINCE, "holder": ACME, "hold": {"cause": "manual", "until": when(days=-12)}}
LOCK_OVER = ADD | {"state": "locked", "since": SINCE, "hold": {"cause": "locked", "until": NOW}}


@pytest.mark.parametrize(
    ("past", "reason", "since"), [(OVER, "reservation_expired", when(days=-12)), (LOCK_OVER, "lock_expired", NOW)]
)
async def test_a_hold_that_is_over_expires_when_it_was_over(
    bank: Stranger, past: dict[str, Any], reason: str, since: str
) -> None:
    number = fresh()
    await bank.say("inventory.commands", "number.import", number, past)
    answer = await bank.command("number.expire", number, {"placed": 1})
    assert answer["type"] == "number.released"
    assert answer["data"] == whole(number, "available", past["state"], 2, since=since, reason=reason)


async def test_an_extension_that_ends_after_its_free_time_is_due_at_once(bank: Stranger) -> None:
    number = fresh()
    extended = {"charged": True, "did_reservation": "R-1", "free_until": when(days=-12)}
    ending = {"cause": "manual", "until": when(days=20)} | extended
    past = ADD | {"state": "reserved", "since": SINCE, "holder": ACME, "hold": ending}
    commands = [("number.import", past), ("number.end_extension", {"did_reservation": "R-1"})]
    told = (await bank.answer(await ask(bank, number, commands))).data
    assert told["hold"] == hold("manual", 1, when(days=-12))
    assert await bank.until(lambda: released(bank, number))


def released(bank: Stranger, number: str) -> bool:
    events = [one.event for one in bank.heard["inventory.events"] if one.key == number.encode()]
    return any(one["type"] == "number.released" for one in events)
