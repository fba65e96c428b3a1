"""Who is told what of a hold, and how often."""

from datetime import timedelta

import pytest

from contracts.fields import format_instant
from contracts.policy import Policy
from services.chassis.clock import FrozenClock
from tests.unit.lifecycle_timer.desk import (
    NOON,
    NUMBER,
    Desk,
    extended,
    hold,
    in_short,
    locked,
    number_event,
    rejected,
    released,
    reserved,
    updated,
)


async def test_a_hold_is_announced_once_seven_days_before_its_end(desk: Desk) -> None:
    await desk.hears(reserved(days=28))
    assert await desk.passes(days=21, seconds=-1) == []
    [notice] = await desk.passes(seconds=1)
    assert notice.model_dump(mode="json")["data"] == {
        "number": NUMBER, "cause": "manual", "placed": 2, "until": "2026-01-29T12:00:00Z", "days_left": 7,
        "charged": False, "holder": {"org": "acme", "kind": "customer"}, "partner": None,
    }  # fmt: skip
    assert await desk.fires() == []
    assert await desk.passes(days=6) == []


async def test_an_update_and_a_transfer_of_the_partner_tell_nobody_twice(desk: Desk) -> None:
    await desk.hears(reserved())
    assert len(await desk.passes(days=22)) == 1
    await desk.hears(updated(version=3, partner="north"))
    assert await desk.fires() == []
    [request] = await desk.passes(days=6)
    assert request.type == "number.expire"
    timer = await desk.timer()
    assert timer is not None
    assert (timer["partner"], timer["version"]) == ("north", 3)


async def test_an_extension_warns_again_and_its_end_by_the_free_period_does_not(desk: Desk) -> None:
    await desk.hears(reserved(28))
    assert in_short(await desk.passes(days=22)) == [("hold.expiring", 6)]
    await desk.hears(extended(days=58))
    assert await desk.fires() == []
    assert in_short(await desk.passes(days=30)) == [("hold.expiring", 6)]
    await desk.hears(number_event("number.reservation_extension_ended", 4, hold=hold(28)))
    assert in_short(await desk.fires()) == [("number.expire", 2)]


async def test_an_extension_that_ends_before_its_free_period_tells_of_that_end(desk: Desk) -> None:
    await desk.hears(reserved(28), extended(days=90))
    await desk.hears(number_event("number.reservation_extension_ended", 4, hold=hold(28)))
    assert in_short(await desk.passes(days=22)) == [("hold.expiring", 6)]


async def test_a_hold_of_a_day_is_announced_at_once(desk: Desk) -> None:
    await desk.hears(reserved(days=1))
    assert in_short(await desk.fires()) == [("hold.expiring", 1)]
    assert await desk.fires() == []
    assert in_short(await desk.passes(days=1)) == [("number.expire", 2)]


async def test_a_hold_that_is_over_after_a_downtime_is_announced_with_no_days_left_then_expired(desk: Desk) -> None:
    await desk.hears(reserved(28))
    assert in_short(await desk.passes(days=400)) == [("hold.expiring", 0), ("number.expire", 2)]
    end = released().model_copy(update={"time": desk.clock.now()})
    [expired] = await desk.hears(end)
    assert (expired.type, expired.data.days_left, expired.causationid) == ("hold.expired", 0, end.id)  # type: ignore[attr-defined]
    assert await desk.timer() is None


async def test_an_end_that_comes_before_its_notice_is_told_with_the_notice_first(desk: Desk) -> None:
    await desk.hears(reserved(28))
    desk.clock.pass_(timedelta(days=29))
    assert in_short(await desk.hears(released())) == [("hold.expiring", 0), ("hold.expired", 0)]


async def test_a_hold_for_ever_is_never_announced(desk: Desk) -> None:
    await desk.hears(locked(days=None))
    assert await desk.passes(days=36500) == []
    assert await desk.timer() is None


async def test_an_expired_lock_is_told_with_the_hold_it_was(desk: Desk) -> None:
    await desk.hears(locked(28, partner="north"))
    await desk.passes(days=28)
    [expired] = await desk.hears(released(reason="lock_expired", partner="north", previous="locked"))
    data = expired.model_dump(mode="json")["data"]
    assert (data["cause"], data["partner"], data["holder"], data["placed"]) == ("locked", "north", None, 2)
    assert data["until"] == format_instant(NOON + timedelta(days=28))


@pytest.mark.parametrize(
    "end",
    [
        released(reason="manual"),
        number_event("number.assigned", 3, state="assigned", hold=None, subscription="S-1"),
        number_event("number.unlocked", 3, state="available", hold=None, holder=None),
    ],
    ids=lambda event: event.type,
)
async def test_a_hold_that_ends_otherwise_is_no_longer_waited_for(desk: Desk, end: object) -> None:
    await desk.hears(reserved())
    assert await desk.hears(end) == []  # type: ignore[arg-type]
    assert await desk.passes(days=400) == []


async def test_the_next_hold_of_a_number_starts_afresh(desk: Desk) -> None:
    await desk.hears(reserved(28))
    first = await desk.passes(days=22)
    second = await desk.hears(released(version=3, reason="manual"), reserved(28, version=4)) or await desk.fires()
    assert in_short(second) == [("hold.expiring", 6)]
    assert first[0].id != second[0].id


async def test_an_event_out_of_date_changes_nothing(desk: Desk) -> None:
    await desk.hears(reserved(28), extended(90, version=3))
    before = await desk.timer()
    assert await desk.hears(reserved(28, version=2)) == []
    assert await desk.timer() == before


async def test_notice_follows_the_policy_of_the_number(clock: FrozenClock) -> None:
    policy = Policy.shipped()
    longer = ({"sku": "gold", "notice": "14d"},)
    desk = Desk(clock, Policy.model_validate({**policy.model_dump(), "override": longer}))
    await desk.hears(reserved(28, sku="gold"))
    assert in_short(await desk.passes(days=14)) == [("hold.expiring", 14)]


@pytest.mark.parametrize(
    ("seconds_before", "days_left"), [(7 * 86400, 7), (6 * 86400 + 1, 7), (6 * 86400, 6), (1, 1), (0, 0), (-99999, 0)]
)
async def test_days_left_are_whole_and_rounded_up(desk: Desk, seconds_before: int, days_left: int) -> None:
    await desk.hears(reserved(28))
    [notice, *_] = await desk.passes(days=28, seconds=-seconds_before)
    assert notice.data.days_left == days_left  # type: ignore[attr-defined]


async def test_a_refusal_by_a_clock_behind_ours_is_followed_by_another_attempt_soon(desk: Desk) -> None:
    await desk.hears(reserved(28))
    [_, first] = await desk.passes(days=28)
    assert await desk.hears(rejected(first.id)) == []
    assert await desk.passes(seconds=4) == []
    [second] = await desk.passes(seconds=1)
    assert (second.type, second.data) == (first.type, first.data)  # type: ignore[attr-defined]
    assert second.id != first.id


async def test_a_refusal_of_an_earlier_attempt_changes_nothing(desk: Desk) -> None:
    await desk.hears(reserved(28))
    [_, first] = await desk.passes(days=28)
    await desk.passes(minutes=1)
    before = await desk.timer()
    await desk.hears(rejected(first.id), rejected("of-somebody-else"))
    assert await desk.timer() == before


async def test_without_an_answer_the_end_is_asked_for_again_after_a_minute_then_less_often(desk: Desk) -> None:
    await desk.hears(reserved(28))
    [_, first] = await desk.passes(days=28)
    assert await desk.passes(seconds=59) == []
    [second] = await desk.passes(seconds=1)
    assert await desk.passes(seconds=60) == []
    [third] = await desk.passes(seconds=60)
    assert len({first.id, second.id, third.id}) == 3
