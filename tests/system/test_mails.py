"""Who is written to about a hold, through all services and real SMTP."""

from tests.system.system import ACME, NUMBER, System


def sent_to(system: System) -> list[str]:
    return sorted(str(mail["To"]) for mail in system.postbox.mails)


async def test_a_customer_is_written_to_a_week_before_its_reservation_ends(system: System) -> None:
    await system.account(billing_email="billing@acme.example", owner_email="owner@acme.example")
    await system.add()
    await system.asks("number.reserve", holder=ACME, remark="for the fair")
    await system.passes(days=21)
    await system.passes(minutes=11)
    assert sent_to(system) == ["billing@acme.example"]
    [event] = system.heard("notification.events")
    assert (event["type"], event["data"]["numbers"]) == ("notification.sent", [NUMBER])
    assert event["data"]["message_id"] == system.postbox.mails[0]["Message-ID"]


async def test_a_partner_is_written_to_at_its_owner(system: System) -> None:
    await system.account("zeta", "partner", billing_email="billing@zeta.example", owner_email="owner@zeta.example")
    await system.add()
    await system.asks("number.reserve", holder={"org": "zeta", "kind": "partner"}, remark="for a customer")
    await system.passes(days=21)
    await system.passes(minutes=11)
    assert sent_to(system) == ["owner@zeta.example"]


async def test_support_hears_of_a_lock_before_and_after_its_end(system: System) -> None:
    await system.account("zeta", "partner", support_email="help@zeta.example")
    await system.add(partner="zeta")
    await system.asks("number.lock", remark="nobody knows")
    await system.passes(days=21)
    await system.passes(minutes=11)
    assert sent_to(system) == ["help@zeta.example", "support@bank.example"]
    await system.passes(days=7)
    await system.passes(minutes=11)
    assert len(system.postbox.mails) == 4


async def test_notices_of_one_day_to_one_customer_are_one_mail(system: System) -> None:
    await system.account(billing_email="billing@acme.example")
    for number in ("+6531580001", "+6531580002", "+6531580003"):
        await system.add(number)
        await system.asks("number.reserve", number, holder=ACME, remark="for the fair")
    await system.passes(days=21)
    await system.passes(minutes=11)
    assert sent_to(system) == ["billing@acme.example"]
    [event] = system.heard("notification.events")
    assert len(event["data"]["numbers"]) == 3


async def test_mail_waits_while_the_server_is_away_and_is_then_sent_once(system: System) -> None:
    await system.account(billing_email="billing@acme.example")
    await system.add()
    await system.asks("number.reserve", holder=ACME, remark="for the fair")
    system.close_post()
    await system.passes(days=21)
    await system.passes(minutes=11)
    assert system.heard("notification.events") == []
    system.open_post()
    await system.passes(minutes=10)
    assert sent_to(system) == ["billing@acme.example"]
    assert [event["type"] for event in system.heard("notification.events")] == ["notification.sent"]


async def test_a_customer_whose_address_comes_late_is_written_to_after_all(system: System) -> None:
    await system.add()
    await system.asks("number.reserve", holder=ACME, remark="for the fair")
    await system.passes(days=21)
    [failed] = system.heard("notification.events")
    assert (failed["type"], failed["data"]["code"]) == ("notification.failed", "no_address")
    await system.account(billing_email="billing@acme.example")
    await system.passes(minutes=11)
    assert sent_to(system) == ["billing@acme.example"]
