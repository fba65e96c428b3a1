"""What becomes of mails that the server does not take at once."""

from datetime import timedelta
from email.message import EmailMessage
from itertools import pairwise

from services.notification.mailer import Outcome
from tests.unit.notification.desk import Desk, account, expiring, in_short

LATER, REFUSED, SENT = Outcome("later", "451 busy"), Outcome("refused", "550 no such user"), Outcome("sent")


async def written(desk: Desk, *orgs: str) -> None:
    await desk.hears(*(account(org) for org in orgs))
    await desk.hears(*(expiring(n, holder={"org": org, "kind": "customer"}) for n, org in enumerate(orgs)))


async def test_a_temporary_refusal_delays_that_mail_longer_each_time_and_keeps_its_message_id(desk: Desk) -> None:
    tried: list[tuple[float, str]] = []

    def refuse(letter: EmailMessage) -> Outcome:
        tried.append((desk.clock.now().timestamp(), letter["Message-ID"]))
        return LATER

    desk.post.does = refuse
    await written(desk, "acme")
    assert await desk.passes(minutes=10) == []
    for _ in range(400):
        assert await desk.passes(seconds=5) == []
    times = [at for at, _ in tried]
    waits = [round(after - before) for before, after in pairwise(times)]
    assert waits[:8] == [5, 10, 20, 40, 80, 160, 300, 300]
    desk.post.does = lambda letter: SENT
    [report] = await desk.passes(minutes=5)
    assert {id for _, id in tried} == {report.data.message_id} == {desk.post.letters[0]["Message-ID"]}  # type: ignore[attr-defined]


async def test_one_recipient_refused_for_now_does_not_hold_up_the_others(desk: Desk) -> None:
    desk.post.does = lambda letter: LATER if "acme" in letter["To"] else SENT
    await written(desk, "acme", "rival", "third")
    reports = await desk.passes(minutes=10)
    assert sorted(report.subject for report in reports) == ["rival", "third"]


async def test_a_broken_connection_leaves_the_rest_for_the_next_page(desk: Desk) -> None:
    broken = [True]
    desk.post.does = lambda letter: LATER if "acme" in letter["To"] else None if broken and broken.pop() else SENT
    await written(desk, "acme", *(f"org-{n}" for n in range(30)))
    reports = await desk.passes(minutes=10)
    # The page that broke before anything was tried had nothing to settle; the next look finds it due again.
    reports += await desk.passes(minutes=0)
    assert len(reports) == 30


async def test_a_refusal_for_good_is_reported_with_what_the_server_said(desk: Desk) -> None:
    desk.post.does = lambda letter: REFUSED
    await written(desk, "acme")
    [report] = await desk.passes(minutes=10)
    assert in_short([report]) == [
        ("notification.failed", "acme", "billing@acme.example", "reservation_expiring", "refused")
    ]
    assert report.data.message == "550 no such user"  # type: ignore[attr-defined]
    assert report.data.message_id.startswith("<")  # type: ignore[attr-defined]
    assert await desk.passes(days=1) == []


async def test_an_address_that_no_mail_can_have_is_refused_and_harms_nobody(desk: Desk) -> None:
    await desk.hears(account("rival"), account(billing_email='a"b:c@acme.example'))
    await desk.hears(expiring(1), expiring(2, holder={"org": "rival", "kind": "customer"}))
    assert {(report.subject, report.type) for report in await desk.passes(minutes=10)} == {
        ("acme", "notification.failed"),
        ("rival", "notification.sent"),
    }


async def test_a_mail_sent_but_not_recorded_is_sent_again_under_the_same_message_id(desk: Desk) -> None:
    await written(desk, "acme")
    desk.clock.pass_(timedelta(minutes=10))
    timers = desk.service.inputs[1].timers
    assert timers is not None
    at = desk.clock.now()
    for partition in range(8):
        if due := await timers.due(desk.store, partition, at):
            await desk._works(timers.settle, due, partition)
            await timers.due(desk.store, partition, at)  # sent, then the process dies
    reports = await desk.passes(minutes=0)
    assert len(desk.post.letters) == 2
    assert {letter["Message-ID"] for letter in desk.post.letters} == {report.data.message_id for report in reports}  # type: ignore[attr-defined]


async def test_what_is_recorded_twice_is_reported_once(desk: Desk) -> None:
    await written(desk, "acme")
    reports = []
    desk.clock.pass_(timedelta(minutes=10))
    timers = desk.service.inputs[1].timers
    assert timers is not None
    for partition in range(8):
        while due := await timers.due(desk.store, partition, desk.clock.now()):
            for _ in range(2):
                reports += await desk._works(timers.settle, due, partition)
    assert len(reports) == 1
