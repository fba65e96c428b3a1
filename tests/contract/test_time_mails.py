"""Who is told by mail, at which address, and what happens without one."""

import pytest

from tests.contract.moving import Moving
from tests.contract.trade import named

pytestmark = pytest.mark.asyncio(loop_scope="package")


async def account(bank: Moving, org: str, time: str | None = None, **addresses: str) -> None:
    data = {"org": org, "kind": "customer", "name": org.title(), **addresses}
    await bank.stranger.say("billing.accounts", "account.updated", org, data, time=time)


async def test_notices_of_one_digest_period_are_one_mail_to_the_billing_address(moving: Moving) -> None:
    org = named("org")
    await account(moving, org, billing_email=f"bills@{org}.example", owner_email=f"boss@{org}.example")
    until = moving.after(days=7, minutes=20)
    numbers = [await moving.held(until, org) for _ in range(3)]
    notices = [(await moving.expiring(number))["id"] for number in numbers]
    told = await moving.told(notices[0], "notification.sent")
    assert sorted(told["data"]["notices"]) == sorted(notices)
    assert sorted(told["data"]["numbers"]) == sorted(numbers)
    assert (told["data"]["recipient"], told["subject"]) == (f"bills@{org}.example", org)
    [mail] = moving.mails(told["data"]["message_id"])
    assert (mail["to"], "bank@bank.example" in mail["from"]) == (f"bills@{org}.example", True)
    text = mail.as_string()
    assert all(number[-8:] in text.replace(" ", "").replace("=\n", "") for number in numbers)


async def test_a_partner_that_reserved_is_told_at_its_owner_s_address(moving: Moving) -> None:
    org = named("partner")
    await account(moving, org, kind="partner", billing_email=f"bills@{org}.example", owner_email=f"boss@{org}.example")
    notice = (await moving.expiring(await moving.held(moving.after(days=5), org, "partner")))["id"]
    assert (await moving.told(notice, "notification.sent"))["data"]["recipient"] == f"boss@{org}.example"


async def test_partner_support_and_platform_support_hear_of_a_lock_before_and_after_its_end(moving: Moving) -> None:
    partner = named("partner")
    support = f"support@{partner}.example"
    await account(moving, partner, kind="partner", support_email=support)
    number = await moving.held(moving.after(minutes=40), None, partner=partner)
    for notice in (await moving.expiring(number))["id"], (await moving.expired(number))["id"]:
        for recipient, subject in (support, partner), ("help@bank.example", "platform"):
            told = await moving.told(notice, "notification.sent", recipient)
            assert (told["subject"], len(moving.mails(told["data"]["message_id"]))) == (subject, 1)


async def test_without_an_address_it_fails_at_once_and_is_sent_when_an_address_arrives(moving: Moving) -> None:
    org = named("org")
    notice = (await moving.expiring(await moving.held(moving.after(days=5), org)))["id"]
    failed = await moving.told(notice, "notification.failed")
    assert (failed["data"]["code"], failed["subject"], failed["data"]["notices"]) == ("no_address", org, [notice])
    await account(moving, org, billing_email=f"late@{org}.example")
    sent = await moving.told(notice, "notification.sent")
    assert sent["data"]["recipient"] == f"late@{org}.example"
    assert len(moving.mails(sent["data"]["message_id"])) == 1


async def test_of_two_accounts_the_newest_time_wins_and_a_null_value_deletes(moving: Moving) -> None:
    org, gone = named("org"), named("org")
    await account(moving, org, time="2026-02-02T00:00:00Z", billing_email=f"new@{org}.example")
    await account(moving, org, time="2026-02-01T00:00:00Z", billing_email=f"old@{org}.example")
    await account(moving, gone, billing_email=f"a@{gone}.example")
    await moving.stranger.write("billing.accounts", gone.encode(), None)
    notice = (await moving.expiring(await moving.held(moving.after(days=7, minutes=10), org)))["id"]
    assert (await moving.told(notice, "notification.sent"))["data"]["recipient"] == f"new@{org}.example"
    notice = (await moving.expiring(await moving.held(moving.after(days=7, minutes=10), gone)))["id"]
    assert (await moving.told(notice, "notification.failed"))["data"]["code"] == "no_address"
