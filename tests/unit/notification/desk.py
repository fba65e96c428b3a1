"""notification on a desk: accounts and notices in, mails and reports out, and a clock that is moved by hand."""

import email
import email.policy
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

from contracts.fields import format_instant
from contracts.message import Message
from contracts.topics import BILLING_ACCOUNTS, LIFECYCLE_EVENTS, NOTIFICATION_EVENTS
from services.chassis.clock import FrozenClock
from services.chassis.memory import MemoryDatabase, MemoryStore
from services.chassis.partitions import home
from services.chassis.service import Service
from services.chassis.work import Taken, Work
from services.notification.app import service
from services.notification.mailer import Outcome
from services.notification.settings import NotificationSettings

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
PARTITIONS = 8
ENVIRON = {
    "KAFKA_BOOTSTRAP_SERVERS": "localhost:9092",
    "MONGODB_URL": "mongodb://localhost",
    "SMTP_URL": "smtp://localhost:25",
    "NUMBERBANK_SUPPORT_EMAIL": "support@platform.example",
    "NUMBERBANK_MAIL_FROM": "bank@platform.example",
}
ADAPTERS = {topic.name: topic.adapter() for topic in (BILLING_ACCOUNTS, LIFECYCLE_EVENTS, NOTIFICATION_EVENTS)}
CUSTOMER = {"org": "acme", "kind": "customer"}
PARTNER = {"org": "north", "kind": "partner"}


def account(org: str = "acme", *, time: datetime | None = NOON, **others: Any) -> Message:
    """What billing says of an organisation; by default a customer with a billing address."""
    data = {"org": org, "kind": "customer", "name": "Acme & Sons", "billing_email": f"billing@{org}.example"}
    attributes = {} if time is None else {"time": format_instant(time)}
    return message(BILLING_ACCOUNTS.name, "account.updated", org, {**data, **others}, id=f"{org}-{time}", **attributes)


def partner(org: str = "north", **others: Any) -> Message:
    addresses = {"owner_email": f"owner@{org}.example", "support_email": f"help@{org}.example"}
    return account(org, kind="partner", name="North", **{"billing_email": None, **addresses, **others})


def expiring(n: int = 1, *, days: float = 7, type: str = "hold.expiring", **others: Any) -> Message:
    """A notice about number n; by default its reservation by acme ends in a week."""
    data = {
        "number": f"+65315800{n:02}" if n < 100 else f"+6531{n:06}", "cause": "manual", "placed": 2,
        "until": format_instant(NOON + timedelta(days=days)), "days_left": max(0, round(days)), "charged": False,
        "holder": CUSTOMER, "partner": None,
    }  # fmt: skip
    data |= others
    return message(LIFECYCLE_EVENTS.name, type, data["number"], data, id=f"{type}-{n}-{days}")


def lock_expiring(n: int = 1, *, partner: str | None = "north", **others: Any) -> Message:
    return expiring(n, **{"cause": "locked", "holder": None, "partner": partner, **others})


def lock_expired(n: int = 1, **others: Any) -> Message:
    return lock_expiring(n, type="hold.expired", days=0, **others)


def message(topic: str, type: str, subject: str, data: Mapping[str, Any], **attributes: Any) -> Message:
    envelope = {"specversion": "1.0", "source": "/test", "subject": subject, "type": type, "data": data}
    read: Message = ADAPTERS[topic].validate_python({**envelope, **attributes}, strict=False)
    return read


class Postman:
    """A mailer that keeps the letters, and does with each what it was told to."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.does: Callable[[EmailMessage], Outcome | None] = lambda letter: Outcome("sent")

    async def deliver(self, letters: Sequence[EmailMessage]) -> Sequence[Outcome]:
        outcomes: list[Outcome] = []
        for letter in letters:
            outcome = self.does(letter)
            if outcome is None:  # the connection breaks
                break
            self.letters += [_read_back(letter)] if outcome.kind == "sent" else []
            outcomes.append(outcome)
        return outcomes


class Desk:
    """The service with the doubles of the chassis; what it says is read by its contract."""

    def __init__(self, **environ: str) -> None:
        self.clock, self.post = FrozenClock(NOON), Postman()
        settings = NotificationSettings.load({**ENVIRON, **environ})
        self.service: Service = service(settings, self.post)
        self.store = MemoryStore(MemoryDatabase(), self.service.name)
        self._accounts, self._notices = self.service.inputs

    async def hears(self, *messages: Message, partition: int = 0) -> list[Message]:
        """Handle one batch of accounts or of notices, by what the first one is."""
        topic = self._accounts if messages[0].type.startswith("account.") else self._notices
        return await self._works(topic.handle, [Taken(one, 1_700_000_000_000) for one in messages], partition)

    async def passes(self, **period: float) -> list[Message]:
        """Let time pass; then all lanes do page by page what is due."""
        self.clock.pass_(timedelta(**period))
        at, said, timers = self.clock.now(), list[Message](), self._notices.timers
        assert timers is not None
        for partition in range(PARTITIONS):
            for _ in range(60):
                due = await timers.due(self.store, partition, at)
                if not due:
                    break
                said += await self._works(timers.settle, due, partition)
            else:
                raise AssertionError("it never comes to an end")
        return said

    async def left(self, collection: str) -> list[dict[str, Any]]:
        """Look at the documents of a collection."""
        return await self.store.find(collection, {})

    async def _works(self, handle: Any, batch: Sequence[Any], partition: int) -> list[Message]:
        async with self.store.transaction() as transaction:
            work = Work(transaction, self.clock.now(), partition, "/notification", lambda _: PARTITIONS)
            await handle(work, batch)
        assert all(record.partition == home(record.key.decode(), PARTITIONS) for record in work.out if record.key)
        return [ADAPTERS[record.topic].validate_json(record.value or b"") for record in work.out]


def _read_back(letter: EmailMessage) -> EmailMessage:
    read = email.message_from_bytes(letter.as_bytes(), policy=email.policy.default)
    assert isinstance(read, EmailMessage)
    assert not read.defects
    return read


def text_of(letter: EmailMessage) -> str:
    return _part(letter, "plain")


def html_of(letter: EmailMessage) -> str:
    return _part(letter, "html")


def _part(letter: EmailMessage, kind: str) -> str:
    body = letter.get_body((kind,))
    assert body is not None
    return str(body.get_content())


def in_short(messages: Sequence[Message]) -> list[tuple[str, str, str | None, str, str | None]]:
    """Type, org, recipient, template and code of reports."""
    return [(m.type, m.subject, d.recipient, d.template, d.code) for m in messages if (d := m.data)]  # type: ignore[attr-defined]
