"""Documents and values: what one batch concerns is loaded at once, and each document written once.

Several lanes may write one account or one digest; who comes second decides again.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Self

from contracts.fields import instant_of
from contracts.topics import LIFECYCLE_EVENTS
from services.chassis.ports import Document, Reader
from services.chassis.work import Taken, Work
from services.notification.domain import Account, Digest, Mail, Notice, Role, Waiting

ACCOUNTS = "accounts"
DIGESTS = "digests"
MAILS = "mails"
UNADDRESSED = "unaddressed"
HEARD = "heard"


class Accounts:
    """The accounts that one batch concerns; one that was never heard of has no address."""

    def __init__(self, accounts: dict[str, Account]) -> None:
        self._accounts, self._touched = accounts, dict[str, None]()

    @classmethod
    async def load(cls, work: Work, orgs: Collection[str]) -> Self:
        """Read those there are."""
        found = await work.get(ACCOUNTS, orgs)
        return cls({org: account_from(document) for org, document in found.items()})

    def __getitem__(self, org: str) -> Account:
        return self._accounts.get(org) or Account(org)

    def __setitem__(self, org: str, account: Account) -> None:
        self._accounts[org] = account
        self._touched[org] = None

    async def save(self, work: Work) -> None:
        """Write those that were set, changed or not: so two lanes cannot pass each other unseen."""
        await work.put(ACCOUNTS, [account_document(self._accounts[org]) for org in self._touched])


async def unheard(work: Work, batch: Sequence[Taken]) -> list[Taken]:
    """Give the notices that were never heard before, each once, and note that they are heard now."""
    known = await work.get(HEARD, {message.id for message, _ in batch})
    fresh = {taken.message.id: taken for taken in reversed(batch) if taken.message.id not in known}
    await work.put(HEARD, [{"_id": id, "at": instant_of(taken.timestamp)} for id, taken in fresh.items()])
    return [*reversed(fresh.values())]


class Digests:
    """The digests that one batch concerns."""

    def __init__(self, digests: dict[str, Digest]) -> None:
        self._digests, self._touched = digests, dict[str, None]()

    @classmethod
    async def load(cls, work: Work, ids: Collection[str]) -> Self:
        """Read those there are."""
        return cls({id: digest_from(document) for id, document in (await work.get(DIGESTS, ids)).items()})

    def get(self, id: str) -> Digest | None:
        """Give a digest, None without one."""
        return self._digests.get(id)

    def set(self, id: str, digest: Digest | None) -> None:
        """Keep a digest from now on, or none."""
        self._touched[id] = None
        if digest is None:
            self._digests.pop(id, None)
        else:
            self._digests[id] = digest

    async def save(self, work: Work) -> None:
        """Write what was set, each digest for the lane that will send it."""
        kept = [self._digests[id] for id in self._touched if id in self._digests]
        await work.put(DIGESTS, [digest_document(digest, lane_of(work, digest.org)) for digest in kept])
        await work.remove(DIGESTS, [id for id in self._touched if id not in self._digests])


async def digests_due(reader: Reader, lane: int, at: datetime, limit: int) -> list[str]:
    """Give the ids of digests that are to become mails, in order."""
    found = await reader.find(DIGESTS, {"lane": lane}, upto=("send_at", at), limit=limit)
    return [document["_id"] for document in found]


async def mails_due(reader: Reader, lane: int, at: datetime, limit: int) -> list[Mail]:
    """Give the mails that are to be sent, in order."""
    found = await reader.find(MAILS, {"lane": lane}, upto=("next_at", at), limit=limit)
    return [mail_from(document) for document in found]


async def due_since(reader: Reader, lane: int, at: datetime) -> datetime | None:
    """Give since when the oldest digest or mail that is due at `at` has been so, None if none is."""
    digests = await reader.find(DIGESTS, {"lane": lane}, upto=("send_at", at), limit=1)
    mails = await reader.find(MAILS, {"lane": lane}, upto=("next_at", at), limit=1)
    times = [digest["send_at"] for digest in digests] + [mail["next_at"] for mail in mails]
    return min(times, default=None)


async def mails_left(work: Work, message_ids: Collection[str]) -> frozenset[str]:
    """Give which of these mails are still to be sent."""
    return frozenset(await work.get(MAILS, message_ids))


async def save_mails(work: Work, mails: Iterable[Mail]) -> None:
    """Write mails, each for the lane that will send it."""
    await work.put(MAILS, [mail_document(mail, lane_of(work, mail.org)) for mail in mails])


async def remove_mails(work: Work, message_ids: Collection[str]) -> None:
    """Forget mails that are done with."""
    await work.remove(MAILS, message_ids)


async def keep_unaddressed(work: Work, waiting: Iterable[tuple[Waiting, int]]) -> None:
    """Keep notices until an address is known, with the broker's time of each, in Unix milliseconds."""
    await work.put(UNADDRESSED, [waiting_document(one, instant_of(timestamp)) for one, timestamp in waiting])


async def take_unaddressed(work: Work, org: str, role: Role, limit: int) -> list[Notice]:
    """Give notices that wait for an address, and keep them no longer."""
    found = await work.find(UNADDRESSED, {"org": org, "role": role}, limit=limit)
    await work.remove(UNADDRESSED, [document["_id"] for document in found])
    return [Notice(**document["notice"]) for document in found]


def lane_of(work: Work, org: str) -> int:
    """Give the lane that sends the mails of an organisation."""
    return work.place(LIFECYCLE_EVENTS.name, org)


def account_document(account: Account) -> Document:
    """Give an account as it is stored, `org` being the `_id`."""
    fields = account._asdict()
    return {"_id": fields.pop("org"), **fields, "waiting": list(account.waiting)}


def account_from(document: Document) -> Account:
    """Read an account as it was stored."""
    fields = {name: document[name] for name in Account._fields if name not in ("org", "waiting")}
    return Account(org=document["_id"], waiting=tuple(document["waiting"]), **fields)


def digest_document(digest: Digest, lane: int) -> Document:
    """Give a digest as it is stored."""
    return {
        "_id": digest.id,
        "lane": lane,
        **digest._asdict(),
        "notices": [notice._asdict() for notice in digest.notices],
    }


def digest_from(document: Document) -> Digest:
    """Read a digest as it was stored."""
    return Digest(**_fields(document, Digest._fields))


def mail_document(mail: Mail, lane: int) -> Document:
    """Give a mail as it is stored, `message_id` being the `_id`."""
    fields = mail._asdict()
    fields["notices"] = [notice._asdict() for notice in mail.notices]
    return {"_id": fields.pop("message_id"), "lane": lane, **fields}


def mail_from(document: Document) -> Mail:
    """Read a mail as it was stored."""
    return Mail(**_fields({**document, "message_id": document["_id"]}, Mail._fields))


def waiting_document(waiting: Waiting, at: datetime) -> Document:
    """Give a notice without address as it is stored; `at` is real time."""
    org, role, notice = waiting
    return {"_id": f"{notice.id} {role} {org}", "org": org, "role": role, "at": at, "notice": notice._asdict()}


def _fields(document: Document, names: Iterable[str]) -> Document:
    fields = {name: document[name] for name in names}
    return {**fields, "notices": tuple(Notice(**notice) for notice in document["notices"])}
