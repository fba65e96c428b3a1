"""Facts in any order, subscriptions that come back, reservations that are paid for, and every code of provisioning."""

from typing import Any

import pytest

from tests.contract.stranger import Stranger
from tests.contract.test_provisioning_did import DID, now_is, outcomes, subscribed
from tests.contract.trade import ACME, ZENITH, bring, fresh, holder, named, when

pytestmark = pytest.mark.asyncio(loop_scope="package")

FACTS: dict[str, dict[str, Any]] = {
    "subscription.renewed": {"paid_until": when(days=60)},
    "subscription.changed": {"added": ["+6580000001"], "removed": []},
    "subscription.swapped": {"old": "+6580000001", "new": "+6580000002"},
    "subscription.transferred": {"account": ZENITH},
    "subscription.expired": {},
    "subscription.terminated": {},
    "subscription.reactivated": {},
}
PAID = {"account": ACME, "product": "did_reservation", "paid_until": when(days=60)}


def code_of(answer: dict[str, Any]) -> set[str]:
    """Give the codes, of the whole and of its numbers."""
    data = answer["data"]
    return {one["code"] for one in [data, *data["numbers"]] if one.get("code")}


@pytest.mark.parametrize("fact", FACTS)
async def test_a_fact_about_an_unknown_subscription_fails(bank: Stranger, fact: str) -> None:
    answer = await bank.bills(fact, named("S"), FACTS[fact])
    assert (answer["type"], code_of(answer), answer["data"]["request"]) == (
        "provisioning.failed",
        {"unknown_subscription"},
        fact,
    )


async def test_an_unknown_product_fails(bank: Stranger) -> None:
    answer = await bank.bills("subscription.activated", named("S"), {"account": ACME, "product": "pstn", "numbers": []})
    assert (answer["type"], code_of(answer)) == ("provisioning.failed", {"unknown_product"})


async def test_a_swap_of_a_did_reservation_is_of_the_wrong_product(bank: Stranger) -> None:
    subscription = named("R")
    await bank.bills("subscription.activated", subscription, PAID | {"numbers": []})
    answer = await bank.bills("subscription.swapped", subscription, FACTS["subscription.swapped"])
    assert (answer["type"], code_of(answer)) == ("provisioning.failed", {"wrong_product"})


async def test_a_fact_more_than_five_minutes_ahead_fails(bank: Stranger) -> None:
    number, subscription = await bring(bank, "available"), named("S")
    # Its answer has to be there: the failure waits for nobody.
    await bank.bills("subscription.activated", subscription, DID | {"numbers": [number]})
    answer = await bank.bills("subscription.expired", subscription, {}, time=when(minutes=5, milliseconds=1))
    assert (answer["type"], code_of(answer)) == ("provisioning.failed", {"time_in_future"})
    assert (await now_is(bank, number))["state"] == "assigned"
    answer = await bank.bills("subscription.expired", subscription, {}, time=when(minutes=5))
    assert (answer["type"], outcomes(answer)) == ("provisioning.completed", [(number, "held")])


async def test_an_older_fact_is_outdated_and_changes_nothing(bank: Stranger) -> None:
    number, other = await bring(bank, "available"), await bring(bank, "available")
    subscription = await subscribed(bank, number, time=when(hours=-1))
    old = {"added": [other], "removed": [number]}
    answer = await bank.bills("subscription.changed", subscription, old, time=when(hours=-2))
    assert answer["type"] == "provisioning.completed"
    assert outcomes(answer) == [(other, "outdated"), (number, "outdated")]
    assert (await now_is(bank, number))["subscription"] == subscription
    assert (await now_is(bank, other))["state"] == "available"
    answer = await bank.bills("subscription.changed", subscription, old, time=when(hours=-1))
    assert outcomes(answer) == [(other, "assigned"), (number, "held")]


async def test_a_subscription_that_comes_back_has_again_what_is_still_held_by_that_very_hold(bank: Stranger) -> None:
    kept, gone, again = [await bring(bank, "available") for _ in range(3)]
    subscription = await subscribed(bank, kept, gone, again)
    await bank.bills("subscription.expired", subscription, {})
    await bank.command("number.release", gone, {"remark": "r"})
    await bank.command("number.release", again, {"remark": "r"})
    await bank.command("number.reserve", again, {"holder": ACME, "remark": "another hold"})
    answer = await bank.bills("subscription.reactivated", subscription, {})
    assert answer["type"] == "provisioning.failed"
    assert sorted(outcomes(answer)) == sorted(
        [(kept, "assigned"), (gone, "rejected", "no_longer_held"), (again, "rejected", "no_longer_held")]
    )
    assert (await now_is(bank, kept))["subscription"] == subscription


async def test_a_terminated_subscription_does_not_come_back(bank: Stranger) -> None:
    subscription = await subscribed(bank, number := await bring(bank, "available"))
    await bank.bills("subscription.expired", subscription, {})
    answer = await bank.bills("subscription.terminated", subscription, {})
    assert answer["type"] == "provisioning.completed"
    answer = await bank.bills("subscription.reactivated", subscription, {})
    assert (answer["type"], code_of(answer)) == ("provisioning.failed", {"subscription_ended"})
    told = await now_is(bank, number)
    assert (told["state"], told["hold"]["cause"]) == ("reserved", "subscription_expired")


async def test_a_did_subscription_is_renewed_with_nothing_to_do(bank: Stranger) -> None:
    subscription = await subscribed(bank, number := await bring(bank, "available"))
    answer = await bank.bills("subscription.renewed", subscription, {})
    assert answer["type"] == "provisioning.completed"
    assert (await now_is(bank, number))["version"] == 3


async def test_a_did_reservation_extends_renews_and_gives_back(bank: Stranger) -> None:
    numbers, available = [await bring(bank, "reserved") for _ in range(2)], await bring(bank, "available")
    subscription = named("R")
    answer = await bank.bills("subscription.activated", subscription, PAID | {"numbers": [*numbers, available]})
    assert outcomes(answer) == [*((one, "extended") for one in numbers), (available, "rejected", "invalid_transition")]
    told = (await now_is(bank, numbers[0]))["hold"]
    assert (told["until"], told["charged"], told["did_reservation"]) == (when(days=60), True, subscription)
    answer = await bank.bills("subscription.renewed", subscription, {"paid_until": when(days=90)})
    assert (answer["type"], sorted(outcomes(answer))) == (
        "provisioning.completed",
        [(n, "extended") for n in sorted(numbers)],
    )
    assert (await now_is(bank, numbers[1]))["hold"]["until"] == when(days=90)
    answer = await bank.bills("subscription.terminated", subscription, {})
    assert answer["type"] == "provisioning.completed"
    assert [one[0] for one in sorted(outcomes(answer))] == sorted(numbers)
    told = (await now_is(bank, numbers[0]))["hold"]
    assert (told["until"], told["charged"], told["did_reservation"]) == (when(days=28), False, None)


async def test_a_did_reservation_does_not_extend_what_another_has_reserved(bank: Stranger) -> None:
    number = await bring(bank, "reserved")
    answer = await bank.bills("subscription.activated", named("R"), PAID | {"account": ZENITH, "numbers": [number]})
    assert outcomes(answer) == [(number, "rejected", "held_by_another")]


async def extends(bank: Stranger, number: str, reservation: str) -> dict[str, Any]:
    id = await bank.say(
        "provisioning.commands", "reservation.extend", number, {"did_reservation": reservation, "remark": "r"}
    )
    return (await bank.answer(id, "provisioning.events")).event


async def test_a_person_extends_a_reservation_by_naming_a_did_reservation(bank: Stranger) -> None:
    number, subscription = await bring(bank, "reserved"), named("R")
    await bank.bills("subscription.activated", subscription, PAID | {"numbers": []})
    answer = await extends(bank, number, subscription)
    assert (answer["type"], outcomes(answer)) == ("provisioning.completed", [(number, "extended")])
    assert (answer["data"]["request"], answer["data"]["subscription"]) == ("reservation.extend", subscription)
    told = await now_is(bank, number)
    assert (told["hold"]["until"], told["hold"]["charged"], told["holder"]) == (when(days=60), True, holder("acme"))


@pytest.mark.parametrize(
    "fault", ["did_reservation_unknown", "did_reservation_inactive", "held_by_another", "unknown_number"]
)
async def test_a_person_s_extension_is_refused_by_its_code(bank: Stranger, fault: str) -> None:
    number, subscription = await bring(bank, "none" if fault == "unknown_number" else "reserved"), named("R")
    if fault != "did_reservation_unknown":
        account = ZENITH if fault == "held_by_another" else ACME
        await bank.bills("subscription.activated", subscription, PAID | {"account": account, "numbers": []})
    if fault == "did_reservation_inactive":
        await bank.bills("subscription.expired", subscription, {})
    answer = await extends(bank, number, subscription)
    assert (answer["type"], code_of(answer)) == ("provisioning.failed", {fault})


async def test_a_did_subscription_extends_no_reservation(bank: Stranger) -> None:
    answer = await extends(bank, await bring(bank, "reserved"), await subscribed(bank))
    assert answer["type"] == "provisioning.failed"
    assert code_of(answer) & {"wrong_product", "did_reservation_unknown"}


async def test_facts_told_at_once_are_done_one_after_the_other(bank: Stranger) -> None:
    old, new = await bring(bank, "available"), await bring(bank, "available")
    subscription = await subscribed(bank, old)
    await bank.say("billing.events", "subscription.swapped", subscription, {"old": old, "new": new})
    answer = await bank.bills("subscription.terminated", subscription, {})
    assert outcomes(answer) == [(new, "held")]
    assert (await now_is(bank, new))["hold"]["cause"] == "subscription_terminated"
    assert (await now_is(bank, old))["hold"]["cause"] == "swapped_out"


async def test_a_repeated_fact_is_answered_once(bank: Stranger) -> None:
    subscription, data = named("S"), DID | {"numbers": [fresh()]}
    id = await bank.say("billing.events", "subscription.activated", subscription, data, id=named("once"))
    await bank.say("billing.events", "subscription.activated", subscription, data, id=id)
    await bank.bills("subscription.renewed", subscription, {})
    assert len(bank.caused["provisioning.events", id]) == 1
