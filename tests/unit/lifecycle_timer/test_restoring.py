"""A hold that is restored is announced and ended as if it had never gone."""

from datetime import timedelta

import pytest

from contracts.fields import format_instant
from contracts.message import Message
from services.chassis.clock import FrozenClock
from tests.unit.lifecycle_timer.desk import (
    NOON,
    Desk,
    extended,
    hold,
    in_short,
    locked,
    number_event,
    rejected,
    released,
    reserved,
    restored,
)

SLIP = released(version=3, reason="manual")


async def test_a_hold_that_was_not_announced_yet_is_announced_when_it_would_have_been(desk: Desk) -> None:
    await desk.hears(reserved(28), SLIP)
    assert await desk.passes(hours=20) == []
    assert await desk.hears(restored()) == []
    assert await desk.passes(days=21, hours=-20, seconds=-1) == []
    assert in_short(await desk.passes(seconds=1)) == [("hold.expiring", 7)]
    assert in_short(await desk.passes(days=7)) == [("number.expire", 2)]


@pytest.mark.parametrize("together", [True, False])
async def test_a_hold_that_was_announced_is_not_announced_again(desk: Desk, together: bool) -> None:
    await desk.hears(reserved(28))
    assert in_short(await desk.passes(days=22)) == [("hold.expiring", 6)]
    if together:
        assert await desk.hears(SLIP, restored()) == []
    else:
        assert await desk.hears(SLIP) == await desk.hears(restored()) == []
    assert await desk.passes(days=5) == []
    assert in_short(await desk.passes(days=1)) == [("number.expire", 2)]


async def test_a_hold_that_should_have_been_announced_meanwhile_is_announced_at_once(desk: Desk) -> None:
    await desk.hears(reserved(28))
    await desk.passes(days=21, hours=-1)
    await desk.hears(SLIP)
    assert await desk.passes(hours=2) == []
    await desk.hears(restored())
    assert in_short(await desk.fires()) == [("hold.expiring", 7)]


@pytest.mark.parametrize("told", [True, False])
async def test_a_hold_whose_end_has_passed_meanwhile_is_due_at_once(desk: Desk, told: bool) -> None:
    await desk.hears(reserved(28))
    if told:
        await desk.passes(days=27, hours=23)
    await desk.hears(SLIP)
    desk.clock.at = NOON + timedelta(days=28, hours=1)
    await desk.hears(restored())
    expected = [("number.expire", 2)] if told else [("hold.expiring", 0), ("number.expire", 2)]
    assert in_short(await desk.fires()) == expected
    end = released(version=5)
    assert in_short(await desk.hears(end)) == [("hold.expired", 0)]


async def test_what_was_asked_for_before_is_asked_for_anew_and_not_under_the_same_id(desk: Desk) -> None:
    await desk.hears(reserved(28))
    [_, first] = await desk.passes(days=28)
    [second] = await desk.passes(minutes=1)
    await desk.hears(SLIP, rejected(first.id, "invalid_transition"), rejected(second.id, "invalid_transition"))
    await desk.hears(restored())
    [third] = await desk.fires()
    assert (third.type, third.data) == (first.type, first.data)  # type: ignore[attr-defined]
    await desk.hears(number_event("number.updated", 5))
    [fourth] = await desk.passes(minutes=1)
    await desk.hears(released(version=6, reason="manual"), restored(version=7))
    [fifth] = await desk.fires()
    assert len({first.id, second.id, third.id, fourth.id, fifth.id}) == 5


async def test_a_refusal_of_a_clock_behind_is_heeded_for_a_restored_hold_too(desk: Desk) -> None:
    await desk.hears(reserved(28), SLIP, restored())
    [_, first] = await desk.passes(days=28)
    await desk.hears(rejected(first.id))
    [second] = await desk.passes(seconds=5)
    assert second.type == "number.expire"


async def test_an_extension_that_is_restored_ends_as_it_would_have(desk: Desk) -> None:
    await desk.hears(reserved(28))
    assert len(await desk.passes(days=22)) == 1
    paid = extended(days=58)
    await desk.hears(paid, released(version=4, reason="manual"))
    await desk.hears(restored(5, hold=paid.data.hold.model_dump()))  # type: ignore[attr-defined]
    assert in_short(await desk.passes(days=29)) == [("hold.expiring", 7)]
    await desk.hears(number_event("number.reservation_extension_ended", 6, hold=hold(28)))
    assert in_short(await desk.fires()) == [("number.expire", 2)]


async def test_a_lock_that_is_undone_is_announced_no_longer(desk: Desk) -> None:
    await desk.hears(locked(28))
    freed = restored(3, hold=None, state="available", previous="locked", holder=None)
    assert await desk.hears(freed) == []
    assert await desk.passes(days=60) == []
    assert await desk.timer() is None


async def test_a_lock_for_ever_that_is_restored_is_never_announced(desk: Desk) -> None:
    await desk.hears(locked(None), number_event("number.unlocked", 3, state="available", hold=None, holder=None))
    await desk.hears(restored(4, state="locked", holder=None, hold=hold(None, cause="locked")))
    assert await desk.passes(days=400) == []


async def test_rebuilt_from_nothing_it_tells_nobody_twice_of_a_restored_hold(clock: FrozenClock) -> None:
    def noon_of(day: float, message: Message) -> Message:
        return message.model_copy(update={"time": NOON + timedelta(days=day)})

    desk, said = Desk(clock), [reserved(28), noon_of(22, SLIP), noon_of(22.5, restored())]
    await desk.hears(said[0])
    notices = await desk.passes(days=22)
    await desk.hears(*said[1:])
    rebuilt = Desk(clock)
    await rebuilt.rereads(*notices)
    assert await rebuilt.hears(*said) == []
    assert await rebuilt.fires() == []
    assert await rebuilt.timer() == await desk.timer()
    assert in_short(await rebuilt.passes(days=6)) == [("number.expire", 2)]


async def test_only_a_restored_timer_remembers_that(desk: Desk) -> None:
    await desk.hears(reserved(28))
    before = await desk.timer()
    assert before is not None
    assert "again" not in before
    await desk.hears(SLIP, restored())
    after = await desk.timer()
    assert after == before | {"version": 4, "again": 4}
    assert format_instant(after["next_at"]) == "2026-01-22T12:00:00Z"
