"""Who is told what, in how many mails, and how often."""

from datetime import timedelta

import pytest

from contracts.message import Message
from services.notification.directory import account_deleted
from tests.unit.notification.desk import (
    CUSTOMER,
    NOON,
    PARTNER,
    Desk,
    account,
    expiring,
    in_short,
    lock_expired,
    lock_expiring,
    partner,
    text_of,
)

SENT, FAILED = "notification.sent", "notification.failed"
PLATFORM = "support@platform.example"


@pytest.mark.parametrize(
    ("notice", "told"),
    [
        (expiring(holder=CUSTOMER), {("acme", "billing@acme.example", "reservation_expiring")}),
        (expiring(holder=PARTNER), {("north", "owner@north.example", "reservation_expiring")}),
        (expiring(cause="subscription_expired"), {("acme", "billing@acme.example", "reservation_expiring")}),
        (expiring(type="hold.expired", days=0), set()),
        (
            lock_expiring(),
            {("north", "help@north.example", "lock_expiring"), ("platform", PLATFORM, "lock_expiring")},
        ),
        (lock_expired(), {("north", "help@north.example", "lock_expired"), ("platform", PLATFORM, "lock_expired")}),
        (lock_expiring(partner=None), {("platform", PLATFORM, "lock_expiring")}),
    ],
)
async def test_each_notice_reaches_whom_it_concerns(desk: Desk, notice: Message, told: set[tuple[str, ...]]) -> None:
    await desk.hears(account(), partner())
    assert await desk.hears(notice) == []
    reports = await desk.passes(minutes=10)
    assert {report[1:4] for report in in_short(reports)} == told
    assert {letter["To"] for letter in desk.post.letters} == {address for _, address, _ in told}
    assert all(report.type == SENT and report.data.notices == (notice.id,) for report in reports)  # type: ignore[attr-defined]


async def test_three_notices_within_ten_minutes_are_one_mail(desk: Desk) -> None:
    await desk.hears(account())
    await desk.hears(expiring(1), expiring(2), partition=3)
    assert await desk.passes(minutes=9) == []
    await desk.hears(expiring(3), partition=5)
    [report] = await desk.passes(minutes=1)
    [letter] = desk.post.letters
    assert report.data.numbers == ("+6531580001", "+6531580002", "+6531580003")  # type: ignore[attr-defined]
    assert report.data.message_id == letter["Message-ID"]  # type: ignore[attr-defined]
    assert await desk.passes(days=1) == []


async def test_a_notice_after_the_digest_period_is_another_mail(desk: Desk) -> None:
    await desk.hears(account())
    await desk.hears(expiring(1))
    first = await desk.passes(minutes=10)
    await desk.hears(expiring(2))
    second = await desk.passes(minutes=10)
    assert len(first) == len(second) == 1
    assert len({letter["Message-ID"] for letter in desk.post.letters}) == 2


async def test_the_same_notice_twice_is_told_once(desk: Desk) -> None:
    await desk.hears(account())
    await desk.hears(expiring(1), expiring(1))
    assert len((await desk.passes(minutes=10))[0].data.notices) == 1  # type: ignore[attr-defined]
    await desk.hears(expiring(1))
    assert await desk.passes(minutes=10) == []


async def test_many_notices_are_mails_of_five_hundred(desk: Desk) -> None:
    await desk.hears(account())
    await desk.hears(*(expiring(n) for n in range(700)))
    await desk.hears(*(expiring(n) for n in range(700, 1100)))
    reports = await desk.passes(minutes=10)
    numbers = [number for report in reports for number in report.data.numbers]  # type: ignore[attr-defined]
    assert sorted(len(report.data.numbers) for report in reports) == [100, 500, 500]  # type: ignore[attr-defined]
    assert len(set(numbers)) == 1100


async def test_without_an_address_it_fails_at_once_and_is_told_after_all_when_there_is_one(desk: Desk) -> None:
    [failed] = await desk.hears(expiring(1))
    assert in_short([failed]) == [(FAILED, "acme", None, "reservation_expiring", "no_address")]
    assert failed.data.message_id is None  # type: ignore[attr-defined]
    assert "acme" in failed.data.message  # type: ignore[attr-defined]
    assert await desk.passes(days=1) == []
    await desk.hears(account(billing_email=None), account("rival"))
    assert await desk.passes(minutes=10) == []
    await desk.hears(account())
    await desk.hears(expiring(2))
    [sent] = await desk.passes(minutes=10)
    assert in_short([sent]) == [(SENT, "acme", "billing@acme.example", "reservation_expiring", None)]
    assert set(sent.data.numbers) == {"+6531580001", "+6531580002"}  # type: ignore[attr-defined]
    assert await desk.left("unaddressed") == await desk.left("digests") == await desk.left("mails") == []
    await desk.hears(account(time=NOON + timedelta(days=2)))
    assert await desk.passes(minutes=10) == []


async def test_a_hold_that_is_over_when_the_address_comes_is_not_told(desk: Desk) -> None:
    await desk.hears(expiring(1, days=2))
    await desk.hears(expiring(2, days=9))
    desk.clock.pass_(timedelta(days=3))
    await desk.hears(account())
    [sent] = await desk.passes(minutes=10)
    assert sent.data.numbers == ("+6531580002",)  # type: ignore[attr-defined]


async def test_more_waiting_notices_than_a_mail_holds_are_all_told(desk: Desk) -> None:
    await desk.hears(*(expiring(n) for n in range(1200)))
    await desk.hears(account())
    reports = await desk.passes(minutes=10)
    assert len({number for report in reports for number in report.data.numbers}) == 1200  # type: ignore[attr-defined]
    assert await desk.left("unaddressed") == []


async def test_a_lock_that_has_ended_is_not_told_to_a_late_partner(desk: Desk) -> None:
    await desk.hears(lock_expired())
    await desk.hears(partner())
    assert in_short(await desk.passes(minutes=10)) == [(SENT, "platform", PLATFORM, "lock_expired", None)]


async def test_without_an_address_of_the_platform_the_failure_says_so() -> None:
    desk = Desk(NUMBERBANK_SUPPORT_EMAIL="")
    reports = await desk.hears(lock_expiring(partner=None))
    assert in_short(reports) == [(FAILED, "platform", None, "lock_expiring", "no_address")]
    assert "NUMBERBANK_SUPPORT_EMAIL" in reports[0].data.message  # type: ignore[attr-defined]


async def test_of_two_accounts_the_newest_time_wins_whatever_the_order(desk: Desk) -> None:
    old = account(time=NOON - timedelta(days=1), billing_email="old@acme.example")
    await desk.hears(account())
    await desk.hears(old, partition=4)
    await desk.hears(expiring())
    assert in_short(await desk.passes(minutes=10))[0][2] == "billing@acme.example"


async def test_an_account_without_time_counts_from_the_clock(desk: Desk) -> None:
    await desk.hears(account(billing_email="old@acme.example"))
    await desk.hears(account(time=None, billing_email="new@acme.example"))
    await desk.hears(expiring())
    assert in_short(await desk.passes(minutes=10))[0][2] == "new@acme.example"


async def test_a_deleted_account_has_no_address_and_may_come_back(desk: Desk) -> None:
    await desk.hears(account())
    await desk.hears(account_deleted("acme"))
    assert in_short(await desk.hears(expiring(1)))[0][4] == "no_address"
    await desk.hears(account(time=NOON - timedelta(days=1)))
    assert await desk.passes(minutes=10) == []
    await desk.hears(account(time=NOON))
    assert len(await desk.passes(minutes=10)) == 1


async def test_a_name_with_newlines_and_markup_does_no_harm(desk: Desk) -> None:
    await desk.hears(account(name="<b>Acme</b>\r\nBcc: victim@example.org"))
    await desk.hears(expiring())
    await desk.passes(minutes=10)
    [letter] = desk.post.letters
    assert letter["Bcc"] is None
    assert "Hello <b>Acme</b> Bcc: victim@example.org," in text_of(letter)
