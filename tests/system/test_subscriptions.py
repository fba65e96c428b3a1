"""What becomes of a subscription's numbers, through all services."""

from tests.system.system import ACME, NUMBER, System

OTHER = "+6531580002"


async def test_a_number_swapped_out_is_available_again_after_one_day(system: System) -> None:
    await system.add(NUMBER)
    await system.add(OTHER)
    await system.bills("activated", account=ACME, product="did", numbers=[NUMBER])
    answer = await system.bills("swapped", old=NUMBER, new=OTHER)
    assert [(n["number"], n["outcome"]) for n in answer["data"]["numbers"]] == [(OTHER, "assigned"), (NUMBER, "held")]
    await system.passes(days=1)
    assert system.number(NUMBER)["state"] == "available"
    assert system.number(OTHER)["subscription"] == "S-1"


async def test_a_swap_survives_a_restart_half_way(system: System) -> None:
    await system.add(NUMBER)
    await system.add(OTHER)
    await system.bills("activated", account=ACME, product="did", numbers=[NUMBER])
    await system.stop("inventory")
    id = await system.says("billing.events", "subscription.swapped", "S-1", {"old": NUMBER, "new": OTHER})
    await system.stop("provisioning")
    await system.start("inventory")
    await system.start("provisioning")
    await system.quiet()
    [answer] = [event for event in system.heard("provisioning.events") if event["causationid"] == id]
    assert answer["type"] == "provisioning.completed"
    assert (system.number(NUMBER)["state"], system.number(OTHER)["state"]) == ("reserved", "assigned")


async def test_an_expired_subscription_that_is_paid_after_all_gets_its_number_back(system: System) -> None:
    await system.add()
    await system.bills("activated", account=ACME, product="did", numbers=[NUMBER])
    await system.bills("expired")
    await system.passes(days=50)
    answer = await system.bills("reactivated")
    assert [n["outcome"] for n in answer["data"]["numbers"]] == ["assigned"]
    await system.passes(days=50)
    assert system.number()["state"] == "assigned"


async def test_a_number_that_has_gone_to_somebody_else_is_not_given_back(system: System) -> None:
    await system.add()
    await system.bills("activated", account=ACME, product="did", numbers=[NUMBER])
    await system.bills("expired")
    await system.passes(days=57)
    await system.asks("number.reserve", holder={"org": "zeta"}, remark="mine now")
    answer = await system.bills("reactivated")
    assert answer["type"] == "provisioning.failed"
    assert [(n["outcome"], n["code"]) for n in answer["data"]["numbers"]] == [("rejected", "no_longer_held")]


async def test_a_number_assigned_by_hand_is_held_when_its_subscription_ends(system: System) -> None:
    await system.add(NUMBER)
    await system.add(OTHER)
    await system.bills("activated", account=ACME, product="did", numbers=[NUMBER])
    await system.asks("number.assign", OTHER, subscription="S-1", holder=ACME)
    answer = await system.bills("terminated")
    assert {(n["number"], n["outcome"]) for n in answer["data"]["numbers"]} == {(NUMBER, "held"), (OTHER, "held")}


async def test_an_older_fact_loses(system: System) -> None:
    await system.add()
    earlier = system.clock.now()
    await system.passes(days=1)
    await system.bills("activated", account=ACME, product="did", numbers=[NUMBER])
    answer = await system.bills("changed", at=earlier, added=[], removed=[NUMBER])
    assert answer["type"] == "provisioning.completed"
    assert [n["outcome"] for n in answer["data"]["numbers"]] == ["outdated"]
    assert system.number()["state"] == "assigned"
