"""What the services count of their own work, through all of them."""

from datetime import timedelta

from services.chassis.memory import MemoryStore
from services.lifecycle_timer.store import due_since
from tests.system.system import ACME, System


def outcomes(system: System, service: str) -> dict[tuple[str, str], float]:
    """Give what a service has counted, by what it was and its outcome."""
    [family] = system.metrics.outcomes.collect()
    return {
        (sample.labels["what"], sample.labels["outcome"]): sample.value
        for sample in family.samples
        if sample.name.endswith("_total") and sample.labels["service"] == service
    }


async def test_answers_are_counted_by_type_and_code(system: System) -> None:
    await system.add()
    await system.asks("number.reserve", holder=ACME, remark="for the fair")
    await system.asks("number.lock", remark="too late")
    assert outcomes(system, "inventory") == {
        ("number.added", ""): 1,
        ("number.reserved", ""): 1,
        ("command.rejected", "invalid_transition"): 1,
    }


async def test_what_became_of_each_number_of_a_billing_event_is_counted(system: System) -> None:
    await system.add()
    await system.bills("activated", account=ACME, product="did", numbers=["+6531580001", "+6531580002"])
    counted = outcomes(system, "provisioning")
    assert counted["number", "assigned"] == counted["number", "unknown_number"] == 1
    assert counted["provisioning.failed", "unknown_number"] == 1


async def test_notices_are_counted_by_what_became_of_them(system: System) -> None:
    await system.account(billing_email="billing@acme.example")
    await system.add()
    await system.add("+6531580002")
    await system.asks("number.reserve", holder=ACME, remark="for the fair")
    await system.asks("number.reserve", "+6531580002", holder={"org": "nobody"}, remark="for the fair")
    await system.passes(days=21)
    await system.passes(minutes=11)
    counted = outcomes(system, "notification")
    assert counted["notice", "sent"] == counted["notice", "no_address"] == 1


async def test_notices_that_a_mail_server_does_not_take_now_are_counted_too(system: System) -> None:
    await system.account(billing_email="billing@acme.example")
    await system.add()
    await system.asks("number.reserve", holder=ACME, remark="for the fair")
    system.close_post()
    await system.passes(days=21)
    await system.passes(minutes=11)
    assert outcomes(system, "notification")["notice", "later"] >= 1
    system.open_post()


async def test_the_oldest_timer_that_is_due_is_found(system: System) -> None:
    await system.add()
    await system.asks("number.reserve", holder=ACME, remark="for the fair")
    due = system.clock.now() + timedelta(days=21)
    await system.stop("lifecycle-timer")
    system.clock.pass_(timedelta(days=30))
    reader = MemoryStore(system.database, "lifecycle-timer")
    assert [await due_since(reader, lane, system.clock.now()) for lane in range(2)].count(due) == 1
