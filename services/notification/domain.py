"""Who is told what, in which mail. Times are aware UTC."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from contracts.billing import Account as AccountData
from contracts.fields import LATEST
from contracts.lifecycle import HoldNotice

PLATFORM = "platform"
MOST = 500  # notices in one mail
Role = Literal["billing_email", "owner_email", "support_email", "platform"]
Template = Literal["reservation_expiring", "lock_expiring", "lock_expired"]

# Type of the notice, and whether of a lock. Nobody is told that a reservation has ended.
TEMPLATES: dict[tuple[str, bool], Template] = {
    ("hold.expiring", False): "reservation_expiring",
    ("hold.expiring", True): "lock_expiring",
    ("hold.expired", True): "lock_expired",
}
ROLES: dict[str, Role] = {"customer": "billing_email", "partner": "owner_email"}
# What is told after all once the address is known: an end that is still to come.
AFTER_ALL: dict[Role, Template] = {
    "billing_email": "reservation_expiring",
    "owner_email": "reservation_expiring",
    "support_email": "lock_expiring",
}


class Notice(NamedTuple):
    """A hold that ends, as it is told in a mail."""

    id: str  # of the event
    number: str
    cause: str
    until: datetime
    days_left: int
    trace: str | None = None  # of the event, to be passed on


class Addressee(NamedTuple):
    """Somebody to tell: one of the addresses of an organisation, or the platform's support."""

    org: str
    role: Role


class Account(NamedTuple):
    """An organisation as far as it can be told anything; `time` None: never heard of, or deleted."""

    org: str
    time: datetime | None = None
    name: str | None = None
    billing_email: str | None = None
    owner_email: str | None = None
    support_email: str | None = None
    waiting: tuple[Role, ...] = ()  # addresses for which notices wait

    def address(self, role: Role) -> str | None:
        """Give one of its addresses."""
        return {
            "billing_email": self.billing_email,
            "owner_email": self.owner_email,
            "support_email": self.support_email,
        }.get(role)

    def lacking(self, role: Role) -> "Account":
        """Give it with the note that notices wait for this address."""
        return self if role in self.waiting else self._replace(waiting=(*self.waiting, role))

    def reached(self) -> tuple[Role, ...]:
        """Give the addresses that notices waited for, and that are known now."""
        return tuple(role for role in self.waiting if self.address(role) is not None)

    def answered(self) -> "Account":
        """Give it when nothing waits any longer for what is known."""
        reached = self.reached()
        return self._replace(waiting=tuple(role for role in self.waiting if role not in reached))


class Waiting(NamedTuple):
    """A notice that waits for an address."""

    org: str
    role: Role
    notice: Notice


class Digest(NamedTuple):
    """Notices for one address that will be one mail. `recall`: with those that waited for it."""

    org: str
    template: Template
    address: str
    name: str | None
    send_at: datetime
    notices: tuple[Notice, ...] = ()
    recall: Role | None = None

    @property
    def id(self) -> str:
        """What makes notices one mail; neither a template nor an address can have a space."""
        return f"{self.org} {self.template} {self.address}"

    def joined(self, notices: tuple[Notice, ...]) -> "Digest":
        """Give it with more notices."""
        return self._replace(notices=self.notices + notices)


class Mail(NamedTuple):
    """A mail that the server has neither taken nor refused yet."""

    message_id: str
    org: str
    template: Template
    address: str
    name: str | None
    notices: tuple[Notice, ...]
    next_at: datetime
    attempts: int = 0


def told_of(type: str, hold: HoldNotice) -> tuple[Template | None, tuple[Addressee, ...]]:
    """Give who is told of a notice, and in which words; nobody is an answer too."""
    locked = hold.cause == "locked"
    template = TEMPLATES.get((type, locked))
    if template is None:
        return None, ()
    if locked:
        partner = (Addressee(hold.partner, "support_email"),) if hold.partner is not None else ()
        return template, (*partner, Addressee(PLATFORM, "platform"))
    return template, (Addressee(hold.holder.org, ROLES[hold.holder.kind]),) if hold.holder is not None else ()


def can_wait(role: Role, template: Template, notice: Notice, at: datetime) -> bool:
    """Tell whether a notice is still worth something once an address is known."""
    return AFTER_ALL.get(role) == template and notice.until > at


def renewed(before: Account, data: AccountData, time: datetime) -> Account:
    """Give an account after news of it; older news change nothing."""
    if before.time is not None and time < before.time:
        return before
    return before._replace(
        time=time,
        name=data.name,
        billing_email=data.billing_email,
        owner_email=data.owner_email,
        support_email=data.support_email,
    )


def deleted(before: Account) -> Account:
    """Give an account that is gone. Its time stays, so that older news from elsewhere do not revive it."""
    return Account(before.org, before.time, waiting=before.waiting)


def parcels(notices: Sequence[Notice]) -> Iterator[Sequence[Notice]]:
    """Divide notices into mails of a size that can be read and stored."""
    for begin in range(0, len(notices), MOST):
        yield notices[begin : begin + MOST]


def later(at: datetime, period: timedelta) -> datetime:
    """Give the time after a period, or the end of time if that comes first."""
    return at + min(period, LATEST - at)
