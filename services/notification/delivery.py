"""How digests become mails, and mails are sent: what a lane does by itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from services.chassis.clock import Clock
from services.chassis.ports import Reader
from services.chassis.work import Work
from services.notification.domain import MOST, Digest, Mail, Notice, later, parcels
from services.notification.letters import Letters, is_sendable
from services.notification.mailer import Mailer, Outcome
from services.notification.postmark import Postmark
from services.notification.reports import report_later, report_refused, report_sent
from services.notification.store import (
    Digests,
    digests_due,
    due_since,
    mails_due,
    mails_left,
    remove_mails,
    save_mails,
    take_unaddressed,
)

DIGESTS = 20  # in one transaction
MAILS = 20  # on one connection; the lane reads its input in between
FIRST_DELAY, LONGEST_DELAY = 5.0, 300.0  # real seconds between attempts


class Closing(NamedTuple):
    """A digest that has waited long enough."""

    digest: str


class Attempt(NamedTuple):
    """A mail, and what became of sending it."""

    mail: Mail
    outcome: Outcome


@dataclass(frozen=True)
class Delivery:
    """Sends what is due, and writes down what became of it."""

    mailer: Mailer
    letters: Letters
    postmark: Postmark
    clock: Clock

    async def due(self, reader: Reader, partition: int, at: datetime) -> Sequence[Closing | Attempt]:
        """Send a page of mails; give what became of them, and a page of digests to be closed.

        Mails that were not tried, because the connection broke or time was up, are due again.
        """
        digests = await digests_due(reader, partition, at, DIGESTS)
        mails = await mails_due(reader, partition, at, MAILS)
        sendable = [mail for mail in mails if is_sendable(mail.address)]
        outcomes = await self.mailer.deliver([self.letters.write(mail, at) for mail in sendable])
        hopeless = Outcome("refused", "The address is none that mail can be sent to.")
        return [
            *(Closing(id) for id in digests),
            *(Attempt(mail, outcome) for mail, outcome in zip(sendable, outcomes, strict=False)),
            *(Attempt(mail, hopeless) for mail in mails if not is_sendable(mail.address)),
        ]

    async def first_due(self, reader: Reader, partition: int, at: datetime) -> datetime | None:
        """Give since when the oldest digest or mail has been due."""
        return await due_since(reader, partition, at)

    async def settle(self, work: Work, due: Sequence[Closing | Attempt]) -> None:
        """Turn digests into mails, forget mails that are done with, put off the others."""
        await self._close(work, [step.digest for step in due if isinstance(step, Closing)])
        attempts = [step for step in due if isinstance(step, Attempt)]
        left = await mails_left(work, [mail.message_id for mail, _ in attempts])
        attempts = [attempt for attempt in attempts if attempt.mail.message_id in left]
        for mail, outcome in attempts:
            if outcome.kind == "sent":
                report_sent(work, mail)
            elif outcome.kind == "refused":
                report_refused(work, mail, outcome.message)
            else:
                report_later(work, mail)
        await save_mails(work, [self._put_off(mail, work) for mail, outcome in attempts if outcome.kind == "later"])
        await remove_mails(work, [mail.message_id for mail, outcome in attempts if outcome.kind != "later"])

    def _put_off(self, mail: Mail, work: Work) -> Mail:
        delay = min(FIRST_DELAY * 2 ** min(mail.attempts, 16), LONGEST_DELAY)
        return mail._replace(attempts=mail.attempts + 1, next_at=later(work.now, self.clock.passing_in(delay)))

    async def _close(self, work: Work, ids: Sequence[str]) -> None:
        digests = await Digests.load(work, ids)
        mails: list[Mail] = []
        for id in ids:
            digest = digests.get(id)
            if digest is None or digest.send_at > work.now:
                continue
            recalled = await _recalled(work, digest)
            notices = (*digest.notices, *(notice for notice in recalled if notice.until > work.now))
            mails += [self.postmark.mail(digest, parcel, digest.send_at) for parcel in parcels(notices)]
            # A full page: there may be more of them, so the digest stays due.
            digests.set(id, digest._replace(notices=()) if len(recalled) == MOST else None)
        await digests.save(work)
        await save_mails(work, mails)


async def _recalled(work: Work, digest: Digest) -> Sequence[Notice]:
    return [] if digest.recall is None else await take_unaddressed(work, digest.org, digest.recall, MOST)
