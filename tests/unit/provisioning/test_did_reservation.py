"""A DID Reservation pays for holds, and people may ask it to."""

from typing import Any

import pytest

from contracts.fields import format_instant, parse_instant
from contracts.message import Message
from tests.unit.provisioning.builders import (
    ACME,
    DAY,
    NOW,
    PAID_UNTIL,
    RIVAL,
    A,
    Answer,
    B,
    Town,
    completed,
    fact,
    failed,
    in_bank,
    order,
    reserved,
    wish,
)  # fmt: skip

LATER = format_instant(NOW + 120 * DAY)


async def town_paying_for(*numbers: str) -> Town:
    """A town where acme has reserved A and B, and R-1 pays for some of them."""
    town = Town()
    await town.hears(*reserved(A), *reserved(B))
    await town.answer(activation(*numbers))
    return town


def activation(*numbers: str, **data: Any) -> Message:
    given: dict[str, Any] = {"product": "did_reservation", "paid_until": PAID_UNTIL, "numbers": list(numbers), **data}
    return fact("activated", of="R-1", **given)


async def test_what_it_pays_for_is_held_until_the_end_of_what_was_paid() -> None:
    town = await town_paying_for(A)

    hold = town.number(A)["hold"]
    assert (hold["until"], hold["charged"], hold["did_reservation"]) == (parse_instant(PAID_UNTIL), True, "R-1")


async def test_a_renewal_extends_everything_it_pays_for_and_nothing_twice() -> None:
    town = await town_paying_for(A)
    await town.answer(wish(B))

    assert await town.answer(fact("renewed", of="R-1", paid_until=LATER)) == completed((A, "extended"), (B, "extended"))
    assert await town.answer(fact("renewed", of="R-1", paid_until=LATER)) == completed(
        (A, "unchanged"), (B, "unchanged")
    )
    assert town.number(B)["hold"]["until"] == parse_instant(LATER)


async def test_a_renewal_never_shortens_a_hold() -> None:
    town = await town_paying_for(A)

    answer = await town.answer(fact("renewed", of="R-1", paid_until=format_instant(NOW + DAY)))

    assert answer == failed("until_not_later", (A, "rejected", "until_not_later"))


@pytest.mark.parametrize("event", ["expired", "terminated"])
async def test_its_end_is_the_end_of_its_extensions(event: str) -> None:
    town = await town_paying_for(A, B)

    assert await town.answer(fact(event, of="R-1")) == completed((A, "held"), (B, "held"))
    hold = town.number(A)["hold"]
    assert (hold["charged"], hold["until"]) == (False, hold["free_until"])
    assert town.holdings() == {}


async def test_reactivated_it_pays_again_for_what_is_still_reserved() -> None:
    town = await town_paying_for(A, B)
    await town.answer(fact("expired", of="R-1"))
    await town.hears(order("number.release", B, remark="given up"))

    answer = await town.answer(fact("reactivated", of="R-1"))

    assert answer == failed("no_longer_held", (A, "extended"), (B, "rejected", "no_longer_held"))


async def test_a_person_gives_only_the_did_reservation() -> None:
    town = await town_paying_for()

    answer = await town.answer(wish(A))

    assert answer == completed((A, "extended"))
    assert answer.envelope["subject"] == A
    assert answer.envelope["data"]["subscription"] == "R-1"
    assert answer.envelope["data"]["request"] == "reservation.extend"
    [extend] = town.asked("number.extend")
    assert extend["data"] == {"did_reservation": "R-1", "holder": ACME, "until": PAID_UNTIL}


async def test_a_person_hears_from_inventory_what_is_not_allowed() -> None:
    town = await town_paying_for(A)
    await town.hears(order("number.release", B, remark="given up"))
    await town.hears(order("number.reserve", B, holder=RIVAL, remark="for a campaign"))

    assert await town.answer(wish(B)) == failed("held_by_another", (B, "rejected", "held_by_another"))
    assert await town.answer(wish(A)) == failed("until_not_later", (A, "rejected", "until_not_later"))


@pytest.mark.parametrize(
    ("so_far", "code"),
    [
        ([], "did_reservation_unknown"),
        ([fact("activated", of="R-1")], "did_reservation_unknown"),
        ([activation(), fact("expired", of="R-1")], "did_reservation_inactive"),
        ([activation(), fact("terminated", of="R-1")], "did_reservation_inactive"),
    ],
)
async def test_only_an_active_did_reservation_can_pay(so_far: list[Message], code: str) -> None:
    town = Town()
    await town.hears(*reserved(A), *so_far)

    assert await town.answer(wish(A)) == failed(code, (A, "rejected", code))
    assert town.asked() == []


async def test_a_wish_that_is_on_its_way_when_the_reservation_ends_is_taken_back() -> None:
    town = await town_paying_for()
    town.receives(wish(A))
    await town.step("provisioning.commands")
    town.receives(fact("terminated", of="R-1"))
    await town.step("billing.events")

    answers = [Answer(answer) for answer in await town.hears()]

    assert answers == [completed((A, "extended")), completed((A, "held"))]
    assert town.number(A)["hold"]["charged"] is False


async def test_a_number_that_a_subscription_lost_keeps_its_hold_while_it_is_paid_for() -> None:
    town = await town_paying_for()
    await town.hears(in_bank("+6531580009"), fact("activated", numbers=["+6531580009"]), fact("expired"))
    await town.answer(wish("+6531580009"))

    assert await town.answer(fact("reactivated")) == completed(("+6531580009", "assigned"))
    assert await town.answer(fact("terminated", of="R-1")) == completed()


async def test_an_extension_that_nobody_told_of_ends_with_its_reservation() -> None:
    town = Town()
    await town.hears(*reserved(A), order("number.extend", A, did_reservation="R-9", holder=ACME, until=PAID_UNTIL))

    assert await town.answer(fact("expired", of="R-9")) == completed((A, "held"))
