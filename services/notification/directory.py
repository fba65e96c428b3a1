"""What news of an account change, and who is told after all because of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, cast

from contracts.billing import AccountUpdated
from contracts.message import Message
from services.chassis.work import Taken, Work
from services.notification.domain import AFTER_ALL, Account, Digest, Role, deleted, later, renewed
from services.notification.store import Accounts, Digests


class AccountDeleted(Message):
    """A record without value on `billing.accounts`: the organisation in `subject` is gone."""

    type: Literal["account.deleted"]


def account_deleted(org: str) -> AccountDeleted:
    """Read a record without value. Raises `ValidationError` without the name of an organisation."""
    return AccountDeleted(specversion="1.0", id="deleted", source="/billing", type="account.deleted", subject=org)


@dataclass(frozen=True)
class Directory:
    """Keeps the addresses of organisations."""

    digest_period: timedelta

    async def keep(self, work: Work, batch: Sequence[Taken]) -> None:
        """Keep the newest of each account; notices that waited for an address go into its next mail."""
        orgs = dict.fromkeys(message.subject for message, _ in batch)
        accounts = await Accounts.load(work, orgs)
        for message, _ in batch:
            accounts[message.subject] = _after(accounts[message.subject], message, work)
        recalls = [self._recall(accounts[org], role, work) for org in orgs for role in accounts[org].reached()]
        digests = await Digests.load(work, [recall.id for recall in recalls])
        for recall in recalls:
            digests.set(recall.id, (digests.get(recall.id) or recall)._replace(recall=recall.recall))
        for org in orgs:
            accounts[org] = accounts[org].answered()
        await digests.save(work)
        await accounts.save(work)

    def _recall(self, account: Account, role: Role, work: Work) -> Digest:
        address = account.address(role)
        assert address is not None
        send_at = later(work.now, self.digest_period)
        return Digest(account.org, AFTER_ALL[role], address, account.name, send_at, recall=role)


def _after(account: Account, message: Message, work: Work) -> Account:
    if isinstance(message, AccountDeleted):
        return deleted(account)
    return renewed(account, cast(AccountUpdated, message).data, message.time or work.now)
