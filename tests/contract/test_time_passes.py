"""Holds that end, downtimes, and a policy of one's own, while the clock runs."""

import math
from datetime import datetime
from typing import Any

import pytest

from tests.contract.moving import Moving
from tests.contract.trade import ADD, holder, later

pytestmark = pytest.mark.asyncio(loop_scope="package")


def days_left(told: dict[str, Any]) -> int:
    left = datetime.fromisoformat(told["data"]["until"]) - datetime.fromisoformat(told["time"])
    return max(0, math.ceil(left.total_seconds() / 86400))


async def test_a_hold_is_announced_seven_days_before_its_end_and_not_earlier(moving: Moving) -> None:
    until = moving.after(days=7, minutes=20)
    number = await moving.held(until, partner="reach")
    assert not moving.said(number)
    told = await moving.expiring(number)
    assert told["data"] == {
        "number": number, "cause": "manual", "placed": 1, "until": until, "days_left": 7, "charged": False,
        "holder": holder("acme"), "partner": "reach",
    }  # fmt: skip
    assert later(until, days=-7) <= told["time"] < later(until, days=-6)
    assert (told["subject"], told["source"]) == (number, "/lifecycle-timer")


@pytest.mark.parametrize("org", ["acme", None])
async def test_a_hold_that_ends_is_released_and_then_said_to_have_expired(moving: Moving, org: str | None) -> None:
    until = moving.after(minutes=40)
    number = await moving.held(until, org)
    told = await moving.expiring(number)
    assert told["data"]["days_left"] == days_left(told) == 1
    over = await moving.expired(number)
    assert over["data"] == told["data"] | {"days_left": 0}
    assert over["id"] != told["id"]
    events = moving.stranger.heard["inventory.events"]
    [released] = [one.event for one in events if one.event["type"] == "number.released" and one.key == number.encode()]
    assert released["data"]["reason"] == ("reservation_expired" if org else "lock_expired")
    assert (released["data"]["since"], released["data"]["holder"]) == (until, None)
    assert until <= released["time"] <= over["time"]


async def test_a_hold_shorter_than_the_notice_is_announced_at_once(moving: Moving) -> None:
    number = await moving.held(moving.after(days=90))
    for command, data in (
        ("number.assign", {"subscription": "S-1"}),
        ("number.unassign", {"subscription": "S-1", "cause": "swapped_out"}),
    ):
        last = await moving.stranger.command(command, number, data)
    told = await moving.expiring(number)
    assert (told["data"]["cause"], told["data"]["placed"], told["data"]["days_left"]) == ("swapped_out", 3, 1)
    assert told["data"]["until"] == later(last["data"]["since"], days=1)


async def test_an_update_tells_nobody_twice_and_an_extension_warns_again(moving: Moving) -> None:
    first, second = moving.after(days=3), moving.after(days=5)
    number = await moving.held(first)
    told = await moving.expiring(number)
    await moving.stranger.command("number.update", number, {"vendor": "v2"})
    extension = {"did_reservation": "R-1", "holder": holder("acme"), "until": second}
    assert (await moving.stranger.command("number.extend", number, extension))["type"] == "number.reservation_extended"
    again = await moving.expiring(number, until=second)
    assert again["id"] != told["id"]
    assert (again["data"]["charged"], again["data"]["placed"], again["data"]["days_left"]) == (
        True,
        1,
        days_left(again),
    )
    assert [one.data["until"] for one in moving.said(number)] == [first, second]


async def test_what_is_restored_is_announced_once_and_ends_as_if_it_had_never_gone(moving: Moving) -> None:
    until = moving.after(minutes=50)
    number = await moving.held(until)
    told = await moving.expiring(number)
    assert (await moving.stranger.command("number.release", number, {"remark": "r"}))["type"] == "number.released"
    undo = {"version": 2, "remark": "slip"}
    restored = await moving.stranger.command("number.restore", number, undo)
    assert (restored["data"]["hold"]["until"], restored["data"]["hold"]["placed"]) == (until, 1)
    over = await moving.expired(number)
    assert over["data"] == told["data"] | {"days_left": 0}
    assert len(moving.said(number)) == 2


async def test_what_is_for_ever_or_over_before_its_notice_is_not_announced(moving: Moving) -> None:
    until = moving.after(days=7, minutes=30)
    ever, freed = await moving.held(None, None), await moving.held(until)
    await moving.stranger.command("number.release", freed, {"remark": "r"})
    await moving.expiring(await moving.held(later(until, minutes=20)))
    assert not moving.said(ever)
    assert not moving.said(freed)


async def test_a_policy_of_one_s_own_rules_by_sku_number_type_and_cause(moving: Moving) -> None:
    number = (await moving.held(moving.after(days=30), sku="sg-short")).strip()
    for command, data in (
        ("number.release", {"remark": "r"}),
        ("number.reserve", {"holder": {"org": "acme"}, "remark": "r"}),
    ):
        told = (await moving.stranger.command(command, number, data))["data"]
    assert told["hold"]["until"] == later(told["since"], days=3)
    free = "+18002345678"
    await moving.stranger.command("number.add", free, ADD | {"country": "US"})
    told = (await moving.stranger.command("number.lock", free, {"remark": "r"}))["data"]
    assert told["hold"]["until"] == later(told["since"], days=5)
    number = await moving.held(moving.after(days=30))
    await moving.stranger.command("number.assign", number, {"subscription": "S-1"})
    told = (await moving.stranger.command("number.unassign", number, {"subscription": "S-1", "cause": "number_sold"}))[
        "data"
    ]
    assert told["hold"]["until"] == later(told["since"], days=11)
    until = moving.after(days=2, minutes=20)
    told = await moving.expiring(await moving.held(until, sku="sg-short"))
    assert later(until, days=-2) <= told["time"]


async def test_a_strict_bank_refuses_numbers_of_unassigned_ranges(moving: Moving) -> None:
    answer = await moving.stranger.command("number.add", "+6512345678", ADD)
    assert answer["data"].get("code") == "invalid_number"


async def test_after_a_downtime_what_is_over_is_announced_and_then_expired_and_nothing_told_twice(
    moving: Moving,
) -> None:
    told_before, over, soon = [await moving.held(moving.after(days=days)) for days in (5, 8, 11)]
    first = await moving.expiring(told_before)
    await moving.rest(days=9)
    await moving.expired(told_before)
    await moving.expired(over)
    assert [(one.event["type"], one.data["days_left"]) for one in moving.said(over)] == [
        ("hold.expiring", 0), ("hold.expired", 0),
    ]  # fmt: skip
    assert (await moving.expiring(soon))["data"]["days_left"] in (1, 2)
    assert {one.event["id"] for one in moving.said(told_before, "hold.expiring")} == {first["id"]}
    assert len(moving.said(told_before)) == 2


async def test_after_24_hours_nothing_can_be_undone_and_a_hold_that_is_over_then_is_due_at_once(moving: Moving) -> None:
    late, over = await moving.held(moving.after(days=90)), await moving.held(moving.after(hours=25))
    await moving.expiring(over)
    await moving.stranger.command("number.release", late, {"remark": "r"})
    await moving.rest(hours=24)
    await moving.stranger.command("number.release", over, {"remark": "r"})
    undo = {"version": 2, "remark": "slip"}
    refusal = await moving.stranger.command("number.restore", late, undo)
    assert (refusal["type"], refusal["data"].get("code")) == ("command.rejected", "undo_window_over")
    await moving.rest(hours=2)
    assert (await moving.stranger.command("number.restore", over, undo))["type"] == "number.restored"
    await moving.expired(over)
    assert [one.event["type"] for one in moving.said(over)] == ["hold.expiring", "hold.expired"]


async def test_nobody_was_told_anything_twice_and_every_mail_has_an_id_of_its_own(moving: Moving) -> None:
    ids = [one.event["id"] for one in moving.stranger.heard["lifecycle.events"]]
    assert len(ids) == len(set(ids))
    sent = [
        one.data for one in moving.stranger.heard["notification.events"] if one.event["type"] == "notification.sent"
    ]
    assert sent
    assert len({one["message_id"] for one in sent}) == len(sent)
    assert all(len(moving.mails(one["message_id"])) == 1 for one in sent)
    told = [(notice, one["recipient"]) for one in sent for notice in one["notices"]]
    assert len(told) == len(set(told))
