"""What lifecycle-timer says when its database is lost, and what it keeps."""

from datetime import timedelta

from contracts.message import Message
from services.chassis.clock import FrozenClock, SimulatedClock
from services.chassis.settings import describe
from services.lifecycle_timer.app import service
from services.lifecycle_timer.domain import LATEST, later
from services.lifecycle_timer.settings import LifecycleTimerSettings
from tests.unit.lifecycle_timer.desk import (
    NOON,
    Desk,
    extended,
    hold,
    in_short,
    locked,
    number_event,
    released,
    reserved,
)


async def lived(desk: Desk) -> tuple[list[Message], list[Message]]:
    """Two holds: one that has ended, and one that is announced; what inventory and we have said."""
    said = [reserved(28), released(version=3), locked(2, version=4)]
    desk.clock.at = NOON + timedelta(days=1)
    notices = await desk.hears(said[0])
    notices += await desk.passes(days=27)
    notices += await desk.hears(*said[1:])
    notices += await desk.fires()
    return said, [notice for notice in notices if notice.type.startswith("hold.")]


async def test_rebuilt_from_nothing_it_tells_nobody_twice(clock: FrozenClock) -> None:
    desk = Desk(clock)
    said, notices = await lived(desk)
    assert in_short(notices) == [("hold.expiring", 0), ("hold.expired", 0), ("hold.expiring", 0)]

    rebuilt = Desk(clock)
    await rebuilt.rereads(*notices)
    assert await rebuilt.hears(*said) == []
    assert [message.type for message in await rebuilt.fires()] == ["number.expire"]


async def test_rebuilt_batch_by_batch_it_tells_nobody_twice_either(clock: FrozenClock) -> None:
    said, notices = await lived(Desk(clock))
    rebuilt = Desk(clock)
    for notice in notices:
        await rebuilt.rereads(notice)
    assert [out for event in said for out in await rebuilt.hears(event)] == []


async def test_what_was_not_told_before_the_loss_is_told_after_it(clock: FrozenClock) -> None:
    said, notices = await lived(Desk(clock))
    rebuilt = Desk(clock)
    await rebuilt.rereads(*notices[:1])
    assert [notice.id for notice in await rebuilt.hears(*said)] == [notices[1].id]


async def test_ends_older_than_the_notices_that_are_kept_are_not_told_again(clock: FrozenClock) -> None:
    said, _ = await lived(Desk(clock))
    clock.pass_(timedelta(days=365))
    rebuilt = Desk(clock)
    assert await rebuilt.hears(*said) == []


async def test_a_notice_read_back_in_normal_life_changes_nothing(desk: Desk) -> None:
    await desk.hears(reserved(28))
    notices = await desk.passes(days=22)
    before = await desk.timer()
    await desk.rereads(*notices)
    assert await desk.timer() == before
    await desk.hears(extended(90))
    assert in_short(await desk.passes(days=62)) == [("hold.expiring", 6)]


async def test_what_was_told_of_a_hold_is_known_when_it_is_restored(desk: Desk) -> None:
    await desk.hears(reserved(28))
    assert in_short(await desk.passes(days=22)) == [("hold.expiring", 6)]
    await desk.hears(released(version=3, reason="manual"))
    await desk.hears(number_event("number.reserved", 4, hold=hold(28, placed=2)))
    assert await desk.passes(days=1) == []
    assert [message.type for message in await desk.passes(days=5)] == ["number.expire"]


async def test_an_end_that_comes_back_after_others_is_not_told_again(desk: Desk) -> None:
    await desk.hears(reserved(28))
    await desk.hears(extended(60))
    assert in_short(await desk.passes(days=54)) == [("hold.expiring", 6)]
    await desk.hears(extended(90, version=4))
    await desk.hears(extended(60, version=5))
    assert await desk.passes(days=1) == []


def test_time_ends_before_a_very_fast_clock_overflows() -> None:
    fast = SimulatedClock(NOON, 1e9, 0.0)
    assert later(NOON, fast.passing_in(3600)) == LATEST


def test_the_service_is_put_together_from_its_settings() -> None:
    environ = {"KAFKA_BOOTSTRAP_SERVERS": "localhost:9092", "MONGODB_URL": "mongodb://localhost"}
    made = service(LifecycleTimerSettings.load(environ))
    assert (made.name, made.source) == ("lifecycle-timer", "/lifecycle-timer")
    assert "NUMBERBANK_POLICY" in {line["name"] for line in describe(LifecycleTimerSettings)}
