"""When one number of an activation is rejected, all others are as they were before it."""

from typing import Any

import pytest

from contracts.fields import format_instant, parse_instant
from contracts.message import Message
from services.chassis.ports import Document
from tests.unit.provisioning.builders import (
    ACME,
    DAY,
    NOW,
    PAID_UNTIL,
    RIVAL,
    A,
    Answer,
    B,
    C,
    Town,
    completed,
    fact,
    failed,
    order,
    reserved,
    town_with,
    wish,
)  # fmt: skip

LATER = format_instant(NOW + 120 * DAY)
UNDONE = failed("unknown_number", (A, "rejected", "rolled_back"), (C, "rejected", "unknown_number"))


def refused(**data: Any) -> Message:
    """An activation with A, and with C, which nobody knows."""
    given: dict[str, Any] = {"numbers": [A, C], "all_or_nothing": True, **data}
    return fact("activated", **given)


def paying(number: str, *numbers: str, until: str = PAID_UNTIL, **data: Any) -> Message:
    """An activation that pays for holds."""
    more: dict[str, Any] = {"product": "did_reservation", "paid_until": until, "numbers": [number, *numbers], **data}
    return fact("activated", of="R-1", **more)


async def undone(town: Town) -> Document:
    """Refuse the activation; give A as it is afterwards."""
    assert await town.answer(refused()) == UNDONE
    assert town.documents("pending") == town.documents("subscriptions") == town.holdings() == {}
    return town.number(A)


async def test_all_or_nothing_is_all_when_nothing_is_rejected() -> None:
    town = await town_with(A, B)

    answer = await town.answer(fact("activated", numbers=[A, B], all_or_nothing=True))

    assert answer == completed((A, "assigned"), (B, "assigned"))


async def test_what_was_available_is_available_again() -> None:
    number = await undone(await town_with(A))

    assert (number["state"], number["hold"], number["holder"]) == ("available", None, None)
    assert "S-1" in number["remark"]


@pytest.mark.parametrize("golden", [False, True])
async def test_what_was_reserved_is_reserved_again_for_the_same_org_from_now_on(golden: bool) -> None:
    town = Town()
    await town.hears(*reserved(A), order("number.update", A, golden=golden))
    town.now += DAY

    number = await undone(town)

    assert (number["state"], number["holder"], number["golden"]) == ("reserved", ACME, golden)
    assert (number["hold"]["cause"], number["hold"]["until"]) == ("manual", NOW + 29 * DAY)
    assert "S-1" in number["remark"]


async def test_what_another_subscription_of_the_org_lost_is_reserved_for_the_org_again() -> None:
    town = await town_with(A)
    await town.hears(fact("activated", of="S-2", numbers=[A]), fact("expired", of="S-2"))

    await town.answer(refused())

    number = town.number(A)
    assert (number["state"], number["holder"], number["hold"]["cause"]) == ("reserved", ACME, "manual")


async def test_what_the_subscription_had_before_stays() -> None:
    town = await town_with(A, B)
    await town.answer(fact("activated", numbers=[A]))

    answer = await town.answer(refused(numbers=[A, B, C]))

    assert answer.numbers == [(A, "unchanged"), (B, "rejected", "rolled_back"), (C, "rejected", "unknown_number")]
    assert (town.assigned_to("S-1"), town.number(B)["state"]) == ([A], "available")


async def test_every_step_back_is_asked_once_and_survives_a_restart() -> None:
    town = Town()
    await town.hears(*reserved(A))
    town.receives(refused())
    await town.step("billing.events")

    for verb in ("number.unassign", "number.release", "number.reserve"):
        await town.step("inventory.commands")
        await town.step("inventory.events")
        assert [command["number"] for command in town.documents("pending").values()] == [A]
        assert town.asked()[-1]["type"] == verb
    [answer] = await town.hears()

    assert Answer(answer) == UNDONE
    assert len({command["id"] for command in town.asked()}) == len(town.asked()) == 5


@pytest.mark.parametrize(
    ("after", "acts", "state", "holder"),
    [
        ("number.assign", [order("number.unassign", A, subscription="S-1", cause="removed")], "reserved", ACME),
        (
            "number.unassign",
            [
                order("number.release", A, remark="given up"),
                order("number.reserve", A, holder=RIVAL, remark="for a campaign"),
            ],
            "reserved",
            RIVAL,
        ),
        ("number.release", [order("number.lock", A, remark="nuisance calls")], "locked", None),
    ],
)
async def test_what_somebody_has_moved_meanwhile_is_left_to_them(
    after: str, acts: list[Message], state: str, holder: dict[str, str] | None
) -> None:
    town = Town()
    await town.hears(*reserved(A))
    town.receives(refused())
    while not town.asked(after):
        await town.step()
    await town.step("inventory.commands")
    town.receives(*acts)

    [answer] = await town.hears()

    assert Answer(answer) == UNDONE
    assert "was refused with" in answer["data"]["numbers"][0]["message"]
    assert (town.number(A)["state"], town.number(A)["holder"]) == (state, holder)


async def test_an_extension_is_ended_again() -> None:
    town = Town()
    await town.hears(*reserved(A), *reserved(B, RIVAL))

    answer = await town.answer(paying(A, B, all_or_nothing=True))

    assert answer == failed("held_by_another", (A, "rejected", "rolled_back"), (B, "rejected", "held_by_another"))
    assert town.number(A)["hold"]["charged"] is False
    assert await town.answer(wish(A)) == failed("did_reservation_unknown", (A, "rejected", "did_reservation_unknown"))


async def test_what_was_extended_before_is_extended_as_before() -> None:
    town = Town()
    await town.hears(*reserved(A), paying(A))
    hold = town.number(A)["hold"]

    assert await town.answer(paying(A, C, until=LATER, all_or_nothing=True)) == UNDONE
    assert town.number(A)["hold"] == hold
    assert len({command["id"] for command in town.asked("number.extend")}) == 4
    assert await town.answer(fact("renewed", of="R-1", paid_until=LATER)) == completed((A, "extended"))


async def test_an_extension_stays_where_the_hold_would_be_over_without_it() -> None:
    town = Town()
    await town.hears(*reserved(A), paying(A))
    town.now += 60 * DAY

    answer = await town.answer(paying(A, C, until=LATER, all_or_nothing=True))

    assert answer == failed("unknown_number", (A, "extended"), (C, "rejected", "unknown_number"))
    assert (town.number(A)["hold"]["until"], town.asked("number.end_extension")) == (parse_instant(LATER), [])
    assert await town.answer(fact("expired", of="R-1")) == completed((A, "held"))
