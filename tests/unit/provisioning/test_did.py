"""Numbers in use follow their subscription."""

from importlib.resources import files

import pytest

from contracts.fields import format_instant
from tests.unit.provisioning.builders import (
    ACME,
    DAY,
    MINUTE,
    NOW,
    RIVAL,
    A,
    B,
    C,
    D,
    Town,
    completed,
    fact,
    failed,
    in_bank,
    order,
    reserved,
    town_with,
)  # fmt: skip


async def test_an_activated_subscription_gets_its_numbers_each_once() -> None:
    town = await town_with(A, B)

    answer = await town.answer(fact("activated", numbers=[B, A, B]))

    assert answer == completed((B, "assigned"), (A, "assigned"))
    assert town.assigned_to("S-1") == [A, B]
    assert town.number(A)["holder"] == ACME


async def test_a_number_that_it_has_already_is_unchanged() -> None:
    town = await town_with(A, B)
    await town.answer(fact("activated", numbers=[A]))

    assert await town.answer(fact("activated", numbers=[A, B])) == completed((A, "unchanged"), (B, "assigned"))
    assert len(town.asked("number.assign")) == 2


async def test_one_number_that_cannot_be_had_costs_its_neighbours_nothing() -> None:
    town = await town_with(A)

    answer = await town.answer(fact("activated", numbers=[B, A]))

    assert answer == failed("unknown_number", (B, "rejected", "unknown_number"), (A, "assigned"))
    assert "message" in answer.envelope["data"]["numbers"][0]


async def test_all_or_nothing_gives_back_what_was_assigned() -> None:
    town = await town_with(A, B)

    answer = await town.answer(fact("activated", numbers=[A, C, B], all_or_nothing=True))

    assert answer == failed(
        "unknown_number",
        (A, "rejected", "rolled_back"),
        (C, "rejected", "unknown_number"),
        (B, "rejected", "rolled_back"),
    )
    assert town.assigned_to("S-1") == []
    assert town.documents("subscriptions") == {}


async def test_what_is_removed_must_be_its_own() -> None:
    town = await town_with(A, B)
    await town.answer(fact("activated", of="S-2", numbers=[B]))
    await town.answer(fact("activated", numbers=[A]))

    answer = await town.answer(fact("changed", removed=[B, A]))

    assert answer == failed("not_in_subscription", (B, "rejected", "not_in_subscription"), (A, "held"))
    assert town.number(A)["hold"]["cause"] == "removed"
    assert town.assigned_to("S-2") == [B]


async def test_what_is_added_and_removed_at_once_stays() -> None:
    town = await town_with(A)
    await town.answer(fact("activated", numbers=[A]))

    assert await town.answer(fact("changed", added=[A], removed=[A])) == completed((A, "unchanged"))


async def test_a_swap_assigns_the_new_number_before_it_holds_the_old_one() -> None:
    town = await town_with(A, B)
    await town.answer(fact("activated", numbers=[A]))

    answer = await town.answer(fact("swapped", old=A, new=B))

    assert answer == completed((B, "assigned"), (A, "held"))
    assert [c["type"] for c in town.asked()][-2:] == ["number.assign", "number.unassign"]
    assert town.number(A)["hold"]["cause"] == "swapped_out"
    assert town.assigned_to("S-1") == [B]


async def test_a_rejected_new_number_leaves_the_old_one_in_place() -> None:
    town = await town_with(A)
    await town.answer(fact("activated", numbers=[A]))

    answer = await town.answer(fact("swapped", old=A, new=B))

    assert answer == failed("unknown_number", (B, "rejected", "unknown_number"), (A, "unchanged"))
    assert town.assigned_to("S-1") == [A]


async def test_a_swap_of_a_number_that_is_not_its_own_fails_before_anything_is_sent() -> None:
    town = await town_with(A, B)
    await town.answer(fact("activated"))
    sent = len(town.asked())

    answer = await town.answer(fact("swapped", old=A, new=B))

    assert answer == failed("not_in_subscription", (B, "unchanged"), (A, "rejected", "not_in_subscription"))
    assert len(town.asked()) == sent


@pytest.mark.parametrize("mine", [True, False])
async def test_a_swap_of_a_number_for_itself_changes_nothing(mine: bool) -> None:
    town = await town_with(A)
    await town.answer(fact("activated", numbers=[A] if mine else []))

    answer = await town.answer(fact("swapped", old=A, new=A))

    code = "not_in_subscription"
    assert answer == (completed((A, "unchanged")) if mine else failed(code, (A, "rejected", code)))


async def test_a_swap_to_a_number_that_it_has_already_only_holds_the_old_one() -> None:
    town = await town_with(A, B)
    await town.answer(fact("activated", numbers=[A, B]))

    assert await town.answer(fact("swapped", old=A, new=B)) == completed((B, "unchanged"), (A, "held"))


@pytest.mark.parametrize("same_sku", [True, False])
async def test_a_swap_is_to_the_same_sku_unless_policy_says_otherwise(
    same_sku: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    town = await town_with(A)
    await town.hears(in_bank(B, sku="sg-gold"))
    await town.answer(fact("activated", numbers=[A]))
    if not same_sku:
        file = tmp_path_factory.mktemp("policy") / "policy.toml"
        shipped = files("contracts").joinpath("policy.toml").read_text()
        file.write_text(shipped.replace("swap_same_sku = true", "swap_same_sku = false"))
        town.policy = {"NUMBERBANK_POLICY": str(file)}

    answer = await town.answer(fact("swapped", old=A, new=B))

    code = "sku_mismatch"
    if same_sku:
        assert answer == failed(code, (B, "rejected", code), (A, "unchanged"))
    else:
        assert answer == completed((B, "assigned"), (A, "held"))


async def test_a_new_owner_gets_every_number_also_those_assigned_by_hand() -> None:
    town = await town_with(A, B)
    await town.answer(fact("activated", numbers=[B]))
    await town.hears(order("number.assign", A, subscription="S-1", holder=ACME, remark="by hand"))

    answer = await town.answer(fact("transferred", account=RIVAL))

    assert answer == completed((A, "transferred"), (B, "transferred"))
    assert town.number(A)["holder"] == RIVAL
    await town.hears(in_bank(C))
    await town.answer(fact("changed", added=[C]))
    assert town.number(C)["holder"] == RIVAL


@pytest.mark.parametrize("event", ["expired", "terminated"])
async def test_the_end_takes_every_number_from_the_time_of_the_fact(event: str) -> None:
    town = await town_with(A, B)
    await town.answer(fact("activated", numbers=[B]))
    await town.hears(order("number.assign", A, subscription="S-1", holder=ACME, remark="by hand"))
    town.now += 10 * DAY

    answer = await town.answer(fact(event, at=NOW + 7 * DAY))

    assert answer == completed((A, "held"), (B, "held"))
    for number in (A, B):
        assert town.number(number)["hold"]["cause"] == f"subscription_{event}"
        assert town.number(number)["since"] == NOW + 7 * DAY


async def test_a_hold_that_it_was_made_to_pay_for_is_no_number_of_a_did_subscription() -> None:
    town = await town_with(A)
    extension = order("number.extend", B, did_reservation="S-1", holder=ACME, until="2026-12-01T00:00:00Z")
    await town.hears(*reserved(B), extension)
    await town.answer(fact("activated", numbers=[A]))

    assert await town.answer(fact("terminated")) == completed((A, "held"))


async def test_termination_after_expiry_leaves_the_hold_as_it_is() -> None:
    town = await town_with(A)
    await town.answer(fact("activated", numbers=[A]))
    await town.answer(fact("expired"))
    hold = town.number(A)["hold"]
    town.now += DAY

    assert await town.answer(fact("terminated")) == completed((A, "unchanged"))
    assert town.number(A)["hold"] == hold


async def test_reactivation_returns_what_is_still_in_that_very_hold() -> None:
    town = await town_with(A, B, C, D)
    await town.answer(fact("activated", numbers=[A, B, C, D]))
    await town.answer(fact("changed", removed=[D]))
    await town.answer(fact("expired"))
    again = [order("number.release", B, remark="given up"), order("number.reserve", B, holder=ACME, remark="again")]
    await town.hears(*again, order("number.assign", C, subscription="S-1", holder=ACME, remark="by hand"))

    answer = await town.answer(fact("reactivated"))

    assert answer == failed("no_longer_held", (A, "assigned"), (B, "rejected", "no_longer_held"), (C, "unchanged"))
    assert town.asked("number.assign")[-1]["data"]["placed"] == town.number(A)["version"] - 1
    assert town.assigned_to("S-1") == [A, C]


async def test_what_leaves_its_hold_while_reactivation_is_on_its_way_is_no_longer_held() -> None:
    town = await town_with(A)
    await town.answer(fact("activated", numbers=[A]))
    await town.answer(fact("expired"))
    town.receives(order("number.release", A, remark="given up"), fact("reactivated"))
    await town.step("billing.events")

    [answer] = await town.hears()

    code = "no_longer_held"
    assert answer["data"]["numbers"][0]["code"] == answer["data"]["code"] == code
    assert town.assigned_to("S-1") == []


async def test_a_second_expiry_keeps_in_mind_what_the_first_one_took() -> None:
    town = await town_with(A, B)
    await town.answer(fact("activated", numbers=[A]))
    await town.answer(fact("expired"))
    await town.hears(order("number.assign", B, subscription="S-1", holder=ACME, remark="by hand"))

    assert await town.answer(fact("expired")) == completed((A, "unchanged"), (B, "held"))
    assert await town.answer(fact("reactivated")) == completed((A, "assigned"), (B, "assigned"))


async def test_a_reserved_number_goes_to_the_subscription_of_the_same_org_only() -> None:
    town = Town()
    await town.hears(*reserved(A), *reserved(B, RIVAL))

    answer = await town.answer(fact("activated", numbers=[A, B]))

    assert answer == failed("held_by_another", (A, "assigned"), (B, "rejected", "held_by_another"))


async def test_an_older_fact_than_the_last_applied_changes_nothing() -> None:
    town = await town_with(A, B)
    await town.answer(fact("activated", numbers=[A], at=NOW))

    assert await town.answer(fact("changed", added=[B], removed=[A], at=NOW - MINUTE)) == completed(
        (B, "outdated"), (A, "outdated")
    )
    assert await town.answer(fact("terminated", at=NOW - MINUTE)) == completed()
    assert await town.answer(fact("changed", added=[B], at=NOW)) == completed((B, "assigned"))


async def test_a_refused_fact_makes_no_later_one_outdated() -> None:
    town = await town_with(A, B)
    await town.answer(fact("activated", numbers=[A], at=NOW - DAY))
    await town.answer(fact("swapped", old=C, new=B, at=NOW))

    assert await town.answer(fact("changed", added=[B], at=NOW - MINUTE)) == completed((B, "assigned"))


async def test_a_fact_may_lie_five_minutes_ahead_of_the_clock_and_no_more() -> None:
    town = await town_with(A, B)
    code = "time_in_future"

    late = await town.answer(fact("activated", numbers=[A], at=NOW + 5 * MINUTE + MINUTE / 60000))
    assert late == failed(code, (A, "rejected", code))
    assert town.asked() == []
    assert await town.answer(fact("activated", numbers=[B], at=NOW + 5 * MINUTE)) == completed((B, "assigned"))


async def test_commands_and_answers_refer_to_the_fact_that_caused_them() -> None:
    town = await town_with(A, B)
    await town.answer(fact("activated", numbers=[A], at=NOW))
    swap = fact("swapped", old=A, new=B, at=NOW)
    swap = swap.model_copy(update={"correlationid": "order-7", "actor": "sam", "traceparent": "00-1-2-03"})

    answer = (await town.answer(swap)).envelope

    both = town.asked("number.assign")[-1], town.asked("number.unassign")[-1]
    for said in (*both, answer):
        assert (said["causationid"], said["correlationid"]) == (swap.id, "order-7")
        assert (said["actor"], said["traceparent"], said["source"]) == ("sam", "00-1-2-03", "/provisioning")
    assert both[1]["data"]["effective_at"] == format_instant(NOW)
    assert answer["subject"] == "S-1"
    assert answer["data"]["request"] == "subscription.swapped"
    assert len({said["id"] for said in (*both, answer)}) == 3
