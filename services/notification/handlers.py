"""How notices find their addressees."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from contracts.lifecycle import HoldExpired, HoldExpiring
from services.chassis.work import Taken, Work
from services.notification.domain import (
    MOST,
    Addressee,
    Digest,
    Mail,
    Notice,
    Template,
    Waiting,
    can_wait,
    later,
    told_of,
)
from services.notification.postmark import Postmark
from services.notification.reports import report_unaddressed
from services.notification.store import Accounts, Digests, keep_unaddressed, save_mails, unheard


class Telling(NamedTuple):
    """One notice for one addressee; `address` None: nobody knows it."""

    taken: Taken
    notice: Notice
    template: Template
    to: Addressee
    address: str | None = None


@dataclass(frozen=True)
class Notices:
    """Takes in notices. `support`: address of the platform's support, None without one."""

    support: str | None
    digest_period: timedelta
    postmark: Postmark

    async def collect(self, work: Work, batch: Sequence[Taken]) -> None:
        """Put each notice into the digests of its addressees, or say that they cannot be reached."""
        tellings = [telling for taken in await unheard(work, batch) for telling in _tellings(taken)]
        accounts = await Accounts.load(work, {telling.to.org for telling in tellings})
        tellings = [telling._replace(address=self._address(accounts, telling.to)) for telling in tellings]
        await self._digest(work, accounts, tellings)
        await _miss(work, accounts, [telling for telling in tellings if telling.address is None])
        await accounts.save(work)

    def _address(self, accounts: Accounts, to: Addressee) -> str | None:
        return self.support if to.role == "platform" else accounts[to.org].address(to.role)

    async def _digest(self, work: Work, accounts: Accounts, tellings: Sequence[Telling]) -> None:
        send_at = later(work.now, self.digest_period)
        fresh = [
            Digest(to.org, template, address, accounts[to.org].name, send_at, (notice,))
            for _, notice, template, to, address in tellings
            if address is not None
        ]
        digests = await Digests.load(work, {digest.id for digest in fresh})
        mails: list[Mail] = []
        for digest in fresh:
            before = digests.get(digest.id)
            if before is not None and len(before.notices) >= MOST:
                mails.append(self.postmark.mail(before, before.notices, work.now))
                before = before._replace(notices=(), send_at=send_at)
            digests.set(digest.id, digest if before is None else before.joined(digest.notices))
        await digests.save(work)
        await save_mails(work, mails)


async def _miss(work: Work, accounts: Accounts, tellings: Sequence[Telling]) -> None:
    """Say at once who cannot be told, and keep what may still be told later."""
    waiting: list[tuple[Waiting, int]] = []
    for (message, timestamp), notice, template, to, _ in tellings:
        report_unaddressed(work, to, template, notice, message)
        if can_wait(to.role, template, notice, work.now):
            # Written even if it says so already: news of the account at the same time must meet this.
            accounts[to.org] = accounts[to.org].lacking(to.role)
            waiting.append((Waiting(to.org, to.role, notice), timestamp))
    await keep_unaddressed(work, waiting)


def _tellings(taken: Taken) -> list[Telling]:
    message = taken.message
    assert isinstance(message, HoldExpiring | HoldExpired)
    hold = message.data
    template, addressees = told_of(message.type, hold)
    if template is None:
        return []
    notice = Notice(message.id, hold.number, hold.cause, hold.until, hold.days_left, message.traceparent)
    return [Telling(taken, notice, template, to) for to in addressees]
