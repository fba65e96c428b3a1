"""What follows from billing's facts about DID subscriptions, number by number."""

from typing import Any

import pytest

from tests.contract.stranger import Stranger
from tests.contract.trade import ACME, ADD, ZENITH, bring, fresh, hold, holder, named, when

pytestmark = pytest.mark.asyncio(loop_scope="package")

DID = {"account": ACME, "product": "did"}


def outcomes(answer: dict[str, Any]) -> list[tuple[str, ...]]:
    """Give number, outcome and, if there is one, code of each."""
    assert all(("message" in one) == ("code" in one) for one in answer["data"]["numbers"]), answer
    return [
        tuple(one[name] for name in ("number", "outcome", "code") if name in one) for one in answer["data"]["numbers"]
    ]


async def subscribed(bank: Stranger, *numbers: str, **more: Any) -> str:
    """Activate a fresh DID subscription of acme with these numbers, without waiting."""
    subscription = named("S")
    await bank.say("billing.events", "subscription.activated", subscription, DID | {"numbers": list(numbers)}, **more)
    return subscription


async def now_is(bank: Stranger, number: str) -> dict[str, Any]:
    """Give the number as inventory tells it last, after a change that changes nothing."""
    return dict((await bank.command("number.update", number, {"vendor": "seen"}))["data"])


async def test_an_activation_assigns_each_number_in_the_order_of_the_request(bank: Stranger) -> None:
    numbers = [await bring(bank, state) for state in ("available", "reserved", "available")][::-1]
    subscription = named("S")
    answer = await bank.bills("subscription.activated", subscription, DID | {"numbers": numbers})
    assert (answer["type"], answer["subject"], answer["source"]) == (
        "provisioning.completed",
        subscription,
        "/provisioning",
    )
    told = {"subscription": subscription, "request": "subscription.activated"}
    assert answer["data"] == told | {"numbers": [{"number": one, "outcome": "assigned"} for one in numbers]}
    for number in numbers:
        told = await now_is(bank, number)
        assert (told["state"], told["subscription"], told["holder"]) == ("assigned", subscription, holder("acme"))


@pytest.mark.parametrize("product", ["did", "did_reservation"])
async def test_an_activation_without_numbers_is_completed(bank: Stranger, product: str) -> None:
    data = {"account": ACME, "product": product, "numbers": [], "paid_until": when(days=30)}
    answer = await bank.bills("subscription.activated", named("S"), data)
    assert (answer["type"], answer["data"]["numbers"]) == ("provisioning.completed", [])


async def test_what_is_already_its_own_is_unchanged_and_the_rest_says_why_not(bank: Stranger) -> None:
    own, taken, unknown = await bring(bank, "available"), await bring(bank, "assigned"), fresh()
    golden = await bring(bank, "available", golden=True)
    subscription = await subscribed(bank, own)
    answer = await bank.bills("subscription.activated", subscription, DID | {"numbers": [own, taken, unknown, golden]})
    assert answer["type"] == "provisioning.failed"
    assert outcomes(answer) == [
        (own, "unchanged"), (taken, "rejected", "invalid_transition"), (unknown, "rejected", "unknown_number"),
        (golden, "rejected", "golden_must_be_reserved_first"),
    ]  # fmt: skip


async def test_nothing_is_rolled_back_unless_the_event_says_so(bank: Stranger) -> None:
    good, unknown = await bring(bank, "available"), fresh()
    answer = await bank.bills("subscription.activated", named("S"), DID | {"numbers": [good, unknown]})
    assert outcomes(answer) == [(good, "assigned"), (unknown, "rejected", "unknown_number")]
    assert (await now_is(bank, good))["state"] == "assigned"


@pytest.mark.parametrize("place", [0, 1])
async def test_all_or_nothing_gives_no_number_when_one_is_refused(bank: Stranger, place: int) -> None:
    good, unknown = await bring(bank, "available"), fresh()
    numbers = [good, unknown] if place else [unknown, good]
    subscription = named("S")
    data = DID | {"numbers": numbers, "all_or_nothing": True}
    answer = await bank.bills("subscription.activated", subscription, data)
    assert answer["type"] == "provisioning.failed"
    told = {one["number"]: one for one in answer["data"]["numbers"]}
    assert list(told) == numbers
    assert (told[unknown]["outcome"], told[unknown]["code"]) == ("rejected", "unknown_number")
    assert told[good]["outcome"] != "assigned", told
    assert (await now_is(bank, good))["subscription"] is None


async def test_a_reservation_stands_as_before_when_all_or_nothing_gave_nothing(bank: Stranger) -> None:
    number = await bring(bank, "reserved")
    data = DID | {"numbers": [number, fresh()], "all_or_nothing": True}
    await bank.bills("subscription.activated", named("S"), data)
    told = await now_is(bank, number)
    assert (told["state"], told["hold"]["cause"], told["hold"]["until"]) == ("reserved", "manual", when(days=28))


async def test_all_or_nothing_gives_all_when_none_is_refused(bank: Stranger) -> None:
    numbers = [await bring(bank, "available"), await bring(bank, "available")]
    answer = await bank.bills("subscription.activated", named("S"), DID | {"numbers": numbers, "all_or_nothing": True})
    assert outcomes(answer) == [(one, "assigned") for one in numbers]


async def test_a_change_assigns_what_is_added_and_holds_what_is_removed(bank: Stranger) -> None:
    old, new, foreign = await bring(bank, "available"), await bring(bank, "available"), await bring(bank, "available")
    subscription = await subscribed(bank, old)
    fact = {"added": [new], "removed": [old, foreign]}
    answer = await bank.bills("subscription.changed", subscription, fact, time=when(minutes=1))
    assert outcomes(answer) == [(new, "assigned"), (old, "held"), (foreign, "rejected", "not_in_subscription")]
    assert answer["type"] == "provisioning.failed"
    told = await now_is(bank, old)
    assert told["hold"]["cause"] == "removed"
    assert (told["since"], told["hold"]["until"]) == (when(minutes=1), when(days=1, minutes=1))


async def test_a_swap_assigns_the_new_number_and_then_holds_the_old_one(bank: Stranger) -> None:
    old, new = await bring(bank, "available"), await bring(bank, "available")
    subscription = await subscribed(bank, old)
    answer = await bank.bills("subscription.swapped", subscription, {"old": old, "new": new})
    assert (answer["type"], outcomes(answer)) == ("provisioning.completed", [(new, "assigned"), (old, "held")])
    told = await now_is(bank, old)
    assert told["hold"] == hold("swapped_out", told["hold"]["placed"], when(days=1), subscription=subscription)


@pytest.mark.parametrize("fault", ["another sku", "unknown number", "assigned elsewhere"])
async def test_if_the_new_number_of_a_swap_is_refused_the_old_one_stays(bank: Stranger, fault: str) -> None:
    old = await bring(bank, "available")
    new, code = {
        "another sku": (await bring(bank, "available", sku="sg-other"), "sku_mismatch"),
        "unknown number": (fresh(), "unknown_number"),
        "assigned elsewhere": (await bring(bank, "assigned"), "invalid_transition"),
    }[fault]
    subscription = await subscribed(bank, old)
    answer = await bank.bills("subscription.swapped", subscription, {"old": old, "new": new})
    assert (answer["type"], outcomes(answer)) == ("provisioning.failed", [(new, "rejected", code), (old, "unchanged")])
    assert (await now_is(bank, old))["subscription"] == subscription


async def test_a_swap_of_a_number_that_is_not_the_subscription_s_fails_before_anything_is_assigned(
    bank: Stranger,
) -> None:
    foreign, new = await bring(bank, "assigned"), await bring(bank, "available")
    answer = await bank.bills("subscription.swapped", await subscribed(bank), {"old": foreign, "new": new})
    assert answer["type"] == "provisioning.failed"
    assert "not_in_subscription" in {
        answer["data"].get("code"),
        *(one.get("code") for one in answer["data"]["numbers"]),
    }
    assert (await now_is(bank, new))["state"] == "available"


async def test_a_transfer_gives_each_number_to_the_new_holder(bank: Stranger) -> None:
    numbers = [await bring(bank, "available"), await bring(bank, "available")]
    subscription = await subscribed(bank, *numbers)
    answer = await bank.bills("subscription.transferred", subscription, {"account": ZENITH})
    assert (answer["type"], sorted(outcomes(answer))) == (
        "provisioning.completed",
        [(n, "transferred") for n in sorted(numbers)],
    )
    assert (await now_is(bank, numbers[0]))["holder"] == holder("zenith")


ENDS = pytest.mark.parametrize(
    ("fact", "cause", "days"),
    [("subscription.expired", "subscription_expired", 56), ("subscription.terminated", "subscription_terminated", 28)],
)


async def with_one_by_hand(bank: Stranger) -> tuple[str, str, str]:
    """Give a subscription, its number by billing, and its number by hand."""
    subscription, billed, by_hand = named("S"), await bring(bank, "available"), await bring(bank, "available")
    await bank.bills("subscription.activated", subscription, DID | {"numbers": [billed]}, time=when(days=-3))
    answer = await bank.command("number.assign", by_hand, {"subscription": subscription, "holder": ACME})
    assert answer["type"] == "number.assigned"
    return subscription, billed, by_hand


@ENDS
async def test_the_end_of_a_subscription_holds_all_its_numbers_also_those_assigned_by_hand(
    bank: Stranger, fact: str, cause: str, days: int
) -> None:
    subscription, billed, by_hand = await with_one_by_hand(bank)
    near = next(
        one for one in iter(fresh, None) if bank.home("inventory.events", one) == bank.home("inventory.events", by_hand)
    )
    await bank.command("number.add", near, ADD)
    await bank.bills("subscription.activated", named("S"), DID | {"numbers": [near]})  # provisioning has read so far
    answer = await bank.bills(fact, subscription, {})
    assert answer["type"] == "provisioning.completed"
    assert sorted(outcomes(answer)) == sorted([(billed, "held"), (by_hand, "held")])
    for number, placed in (billed, 3), (by_hand, 3):
        assert (await now_is(bank, number))["hold"] == hold(cause, placed, when(days=days), subscription=subscription)


async def test_the_end_of_a_subscription_holds_also_what_was_assigned_by_hand_just_before(bank: Stranger) -> None:
    subscription, billed, by_hand = await with_one_by_hand(bank)
    answer = await bank.bills("subscription.terminated", subscription, {})
    assert sorted(outcomes(answer)) == sorted([(billed, "held"), (by_hand, "held")])
