"""How long numbers rest, and who hears of it, through all services with a clock that is moved."""

import pytest

from tests.system.system import ACME, NUMBER, System, envelope

PERIODS = [
    ("manual", False, 28),
    ("manual", True, 28),
    ("subscription_expired", False, 56),
    ("subscription_expired", True, 84),
    ("subscription_terminated", False, 28),
    ("subscription_terminated", True, 56),
    ("swapped_out", False, 1),
    ("swapped_out", True, 28),
    ("removed", False, 1),
    ("removed", True, 28),
    ("locked", False, 28),
    ("locked", True, 28),
]
OTHER = "+6531580002"


async def hold(system: System, cause: str, ported_in: bool) -> None:
    """Bring the number into a hold of this cause."""
    await system.add(ported_in=ported_in)
    if cause == "manual":
        await system.asks("number.reserve", holder=ACME, remark="for a friend")
    elif cause == "locked":
        await system.asks("number.lock", remark="nobody knows")
    else:
        await system.bills("activated", account=ACME, product="did", numbers=[NUMBER])
        if cause == "swapped_out":
            await system.add(OTHER)
            await system.bills("swapped", old=NUMBER, new=OTHER)
        elif cause == "removed":
            await system.bills("changed", added=[], removed=[NUMBER])
        else:
            await system.bills(cause.removeprefix("subscription_"))


@pytest.mark.parametrize(("cause", "ported_in", "days"), PERIODS)
async def test_a_number_rests_for_the_period_of_its_cause_and_is_announced_once(
    system: System, cause: str, ported_in: bool, days: int
) -> None:
    await hold(system, cause, ported_in)
    assert system.number()["hold"]["cause"] == cause
    notice = min(7, days)
    if days > notice:
        await system.passes(days=days - notice, seconds=-1)
        assert system.heard("lifecycle.events") == []
        await system.passes(seconds=1)
    [expiring] = system.heard("lifecycle.events")
    assert (expiring["type"], expiring["data"]["days_left"]) == ("hold.expiring", notice)
    await system.passes(days=notice, seconds=-1)
    assert system.number()["state"] in ("reserved", "locked")
    await system.passes(seconds=1)
    assert system.number()["state"] == "available"
    assert [event["type"] for event in system.heard("lifecycle.events")] == ["hold.expiring", "hold.expired"]
    await system.passes(days=200)
    assert len(system.heard("lifecycle.events")) == 2
    assert system.dead_letters() == []


async def test_a_lock_for_ever_stands_until_somebody_acts_and_is_not_announced(system: System) -> None:
    await system.add()
    await system.asks("number.lock", remark="court order", until=None)
    await system.passes(days=3650)
    assert system.number()["state"] == "locked"
    assert system.heard("lifecycle.events") == []


async def test_an_update_tells_nobody_twice_and_an_extension_warns_again(system: System) -> None:
    await system.add()
    await system.asks("number.reserve", holder=ACME, remark="nice one")
    await system.passes(days=22)
    await system.asks("number.update", routing="trunk-7")
    await system.passes(days=1)
    assert len(system.heard("lifecycle.events", "hold.expiring")) == 1
    await system.bills(
        "activated", "R-1", account=ACME, product="did_reservation", numbers=[NUMBER], paid_until="2026-06-01T00:00:00Z"
    )
    await system.passes(days=100)
    assert system.number()["state"] == "reserved"
    await system.passes(days=21)
    assert len(system.heard("lifecycle.events", "hold.expiring")) == 2
    await system.passes(days=30)
    assert system.number()["state"] == "available"


async def test_sixty_days_of_downtime_are_caught_up_in_order_and_nothing_is_told_twice(system: System) -> None:
    numbers = [f"+65315801{n:02}" for n in range(20)]
    for day, number in enumerate(numbers):
        await system.add(number)
        await system.asks("number.reserve", number, holder=ACME, remark="for later")
        await system.passes(days=1 if day < 19 else 0)
    await system.stop("lifecycle-timer")
    await system.passes(days=60)
    assert {system.number(number)["state"] for number in numbers} == {"reserved"}
    await system.start("lifecycle-timer")
    await system.quiet()
    assert {system.number(number)["state"] for number in numbers} == {"available"}
    heard = system.heard("lifecycle.events")
    assert len(heard) == 40
    for number in numbers:
        about = [event for event in heard if event["subject"] == number]
        assert [(event["type"], event["data"]["days_left"]) for event in about] == [
            ("hold.expiring", 0), ("hold.expired", 0)
        ]  # fmt: skip


async def test_timers_rebuilt_from_nothing_tell_nobody_twice(system: System) -> None:
    await system.add()
    await system.asks("number.reserve", holder=ACME, remark="for later")
    await system.passes(days=22)
    assert len(system.heard("lifecycle.events")) == 1
    await system.stop("lifecycle-timer")
    await system.forget("lifecycle-timer")
    await system.start("lifecycle-timer")
    await system.passes(days=1)
    assert len(system.heard("lifecycle.events")) == 1
    await system.passes(days=6)
    assert [event["type"] for event in system.heard("lifecycle.events")] == ["hold.expiring", "hold.expired"]


async def test_a_hold_that_ended_in_the_backlog_is_not_announced(system: System) -> None:
    await system.add()
    await system.asks("number.reserve", holder=ACME, remark="for later")
    await system.stop("lifecycle-timer")
    await system.passes(days=10)
    await system.asks("number.release", remark="not needed")
    await system.passes(days=15)
    await system.start("lifecycle-timer")
    await system.passes(days=10)
    assert system.heard("lifecycle.events") == []


async def test_a_hold_that_falls_back_to_an_end_that_was_asked_for_before_ends_at_once(system: System) -> None:
    await system.add()
    await system.asks("number.reserve", holder=ACME, remark="for later")
    await system.passes(days=27)
    await system.stop("inventory")
    extension = {"did_reservation": "R-1", "holder": ACME, "until": "2026-03-15T00:00:00Z"}
    command = envelope("number.extend", NUMBER, extension)
    system.cluster.write("inventory.commands", NUMBER, command)
    await system.passes(days=2)
    await system.start("inventory")
    await system.quiet()
    assert system.number()["hold"]["charged"]
    await system.asks("number.end_extension", did_reservation="R-1")
    assert system.number()["state"] == "available"


async def test_what_rebuilt_timers_ask_for_is_heard(system: System) -> None:
    for number in (NUMBER, "+6531580002", "+6531580003"):
        await system.add(number)
        await system.asks("number.reserve", number, holder=ACME, remark="for later")
    await system.passes(days=28)
    assert system.number()["state"] == "available"
    await system.asks("number.reserve", holder=ACME, remark="once more")
    await system.stop("lifecycle-timer")
    await system.forget("lifecycle-timer")
    await system.start("lifecycle-timer")
    await system.passes(days=28)
    assert system.number()["state"] == "available"
