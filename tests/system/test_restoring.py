"""What was done by mistake and undone, through all four services: as if it had never been."""

from typing import Any

import pytest

from tests.system.system import ACME, NUMBER, System
from tests.system.test_mails import sent_to

SLIP = {"remark": "wrong number"}


async def released_and_restored(system: System, **meanwhile: float) -> dict[str, Any]:
    """Release the number, let time pass, and undo that; give the answer."""
    before = system.number()
    released = await system.asks("number.release", **SLIP)
    await system.passes(**meanwhile)
    restored = await system.asks("number.restore", version=released["data"]["version"], **SLIP)
    assert restored["type"] == "number.restored", restored
    assert restored["data"] == before | {
        "previous": "available", "version": before["version"] + 2, "remark": SLIP["remark"], "reason": None,
    }  # fmt: skip
    return restored


@pytest.mark.parametrize("days_before", [3, 10], ids=["announced before", "announced after"])
async def test_a_restored_reservation_is_announced_mailed_and_ended_once(system: System, days_before: int) -> None:
    await system.account(billing_email="billing@acme.example")
    await system.add()
    await system.asks("number.reserve", holder=ACME, remark="for the fair")
    await system.passes(days=28 - days_before)
    await released_and_restored(system, hours=23)
    await system.passes(days=7)
    await system.passes(minutes=11)
    assert sent_to(system) == ["billing@acme.example"]
    await system.passes(days=28)
    assert [event["type"] for event in system.heard("lifecycle.events")] == ["hold.expiring", "hold.expired"]
    assert (system.number()["state"], system.number()["since"]) == ("available", "2026-01-29T00:00:00Z")
    assert system.dead_letters() == []


async def test_a_reservation_whose_end_has_passed_meanwhile_ends_as_soon_as_it_is_restored(system: System) -> None:
    await system.add()
    await system.asks("number.reserve", holder=ACME, remark="for the fair")
    await system.passes(days=27, hours=20)
    await released_and_restored(system, hours=10)
    assert system.number()["reason"] == "reservation_expired"
    assert system.number()["since"] == "2026-01-29T00:00:00Z"
    assert [event["type"] for event in system.heard("lifecycle.events")] == ["hold.expiring", "hold.expired"]


async def test_an_end_that_was_asked_for_before_is_asked_for_anew(system: System) -> None:
    await system.add()
    await system.asks("number.reserve", holder=ACME, remark="for the fair")
    await system.stop("inventory")
    released = await system.says("inventory.commands", "number.release", NUMBER, SLIP)
    await system.passes(days=28)
    await system.start("inventory")
    await system.quiet()
    answers = {event["causationid"]: event for event in system.heard("inventory.events")}
    assert answers[released]["type"] == "number.released"
    assert any(answer["data"].get("command") == "number.expire" for answer in answers.values())
    await system.asks("number.restore", version=3, **SLIP)
    assert system.number()["reason"] == "reservation_expired"


async def test_a_number_that_a_subscription_has_lost_goes_back_to_it_after_it_was_restored(system: System) -> None:
    await system.add()
    await system.bills("activated", account=ACME, product="did", numbers=[NUMBER])
    await system.bills("expired")
    await released_and_restored(system, hours=1)
    answer = await system.bills("reactivated")
    assert [(n["number"], n["outcome"]) for n in answer["data"]["numbers"]] == [(NUMBER, "assigned")]


async def test_a_number_that_was_not_there_when_its_subscription_came_back_rests_on(system: System) -> None:
    await system.add()
    await system.bills("activated", account=ACME, product="did", numbers=[NUMBER])
    await system.bills("expired")
    before = system.number()
    released = await system.asks("number.release", **SLIP)
    answer = await system.bills("reactivated")
    assert [n["code"] for n in answer["data"]["numbers"]] == ["no_longer_held"]
    await system.asks("number.restore", version=released["data"]["version"], **SLIP)
    assert system.number()["hold"] == before["hold"]
    await system.passes(days=56)
    assert system.number()["state"] == "available"


@pytest.mark.parametrize(("then", "until"), [("renewed", "2026-06-01T00:00:00Z"), ("expired", "2026-01-29T00:00:00Z")])
async def test_a_restored_extension_is_the_did_reservation_s_again(system: System, then: str, until: str) -> None:
    await system.add()
    await system.asks("number.reserve", holder=ACME, remark="for the fair")
    paid = {"account": ACME, "product": "did_reservation", "numbers": [NUMBER]}
    await system.bills("activated", "R-1", paid_until="2026-03-01T00:00:00Z", **paid)
    await released_and_restored(system, hours=1)
    answer = await system.bills(then, "R-1", **({"paid_until": until} if then == "renewed" else {}))
    assert [n["number"] for n in answer["data"]["numbers"]] == [NUMBER]
    assert system.number()["hold"]["until"] == until


async def test_what_its_did_reservation_has_missed_is_not_made_up_for(system: System) -> None:
    await system.add()
    await system.asks("number.reserve", holder=ACME, remark="for the fair")
    paid = {"account": ACME, "product": "did_reservation", "numbers": [NUMBER]}
    await system.bills("activated", "R-1", paid_until="2026-03-01T00:00:00Z", **paid)
    released = await system.asks("number.release", **SLIP)
    await system.bills("terminated", "R-1")
    await system.asks("number.restore", version=released["data"]["version"], **SLIP)
    assert system.number()["hold"]["until"] == "2026-03-01T00:00:00Z"
    await system.passes(days=59)
    assert system.number()["state"] == "available"


async def test_support_hears_of_a_restored_lock_as_of_any_other(system: System) -> None:
    await system.add()
    locked = await system.asks("number.lock", remark="nuisance")
    await system.passes(days=20)
    unlocked = await system.asks("number.unlock", **SLIP)
    restored = await system.asks("number.restore", version=unlocked["data"]["version"], **SLIP)
    assert restored["data"]["hold"] == locked["data"]["hold"]
    await system.passes(days=1)
    await system.passes(minutes=11)
    await system.passes(days=7)
    await system.passes(minutes=11)
    assert sent_to(system) == ["support@bank.example"] * 2
    assert system.number()["reason"] == "lock_expired"


async def test_an_undone_lock_or_deletion_leaves_no_trace_in_time(system: System) -> None:
    await system.add()
    for slip, data in (("number.lock", SLIP), ("number.delete", SLIP | {"reason": "faulty"})):
        before = system.number()
        changed = await system.asks(slip, **data)
        await system.asks("number.restore", version=changed["data"]["version"], **SLIP)
        assert (system.number()["state"], system.number()["since"]) == ("available", before["since"])
    await system.passes(days=400)
    assert system.heard("lifecycle.events") == []
