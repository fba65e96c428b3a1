"""What billing systems say of subscriptions and accounts.

Subject and key are the subscription, or the org. The envelope's `time` is the fact's time.
Source: CONTRACT, billing section.
"""

from typing import Annotated, Literal

from pydantic import Field

from contracts.fields import E164, Domain, Email, Frozen, Holder, Instant, Name
from contracts.message import Message

Numbers = Annotated[tuple[E164, ...], Field(max_length=1000)]


class Fact(Message):
    """Something that happened to the subscription in `subject`."""

    data: Frozen


class Activation(Frozen):
    """A subscription begins. `product` is `did` for numbers in use, `did_reservation` for paid holds."""

    account: Holder = Field(description="who subscribes")
    product: Name = Field(description="did or did_reservation")
    numbers: Numbers = Field(description="numbers of the subscription; may be empty")
    paid_until: Instant | None = Field(None, description="did_reservation: end of the paid period")
    all_or_nothing: bool = Field(False, description="undo all if one is rejected")


class Renewal(Frozen):
    """The next period is paid."""

    paid_until: Instant | None = Field(None, description="did_reservation: end of the paid period")


class Change(Frozen):
    """Numbers join and leave the subscription."""

    added: Numbers = Field(description="numbers to assign; may be empty")
    removed: Numbers = Field(description="numbers to hold with cause removed; may be empty")


class Swap(Frozen):
    """One number takes the place of another."""

    old: E164 = Field(description="number that leaves")
    new: E164 = Field(description="number that comes")


class Handover(Frozen):
    """The subscription has a new owner."""

    account: Holder = Field(description="new owner")


class Nothing(Frozen):
    """No data; the object may be empty."""


class SubscriptionActivated(Fact):
    """A subscription has begun."""

    type: Literal["subscription.activated"]
    data: Activation


class SubscriptionRenewed(Fact):
    """A subscription was paid again."""

    type: Literal["subscription.renewed"]
    data: Renewal


class SubscriptionChanged(Fact):
    """A subscription has other numbers."""

    type: Literal["subscription.changed"]
    data: Change


class SubscriptionSwapped(Fact):
    """A subscription has swapped one number for another."""

    type: Literal["subscription.swapped"]
    data: Swap


class SubscriptionTransferred(Fact):
    """A subscription has a new owner."""

    type: Literal["subscription.transferred"]
    data: Handover


class SubscriptionExpired(Fact):
    """A subscription was not paid in time."""

    type: Literal["subscription.expired"]
    data: Nothing


class SubscriptionTerminated(Fact):
    """A subscription has ended for good."""

    type: Literal["subscription.terminated"]
    data: Nothing


class SubscriptionReactivated(Fact):
    """An expired subscription was paid after all."""

    type: Literal["subscription.reactivated"]
    data: Nothing


EVENTS = (
    SubscriptionActivated, SubscriptionRenewed, SubscriptionChanged, SubscriptionSwapped,
    SubscriptionTransferred, SubscriptionExpired, SubscriptionTerminated, SubscriptionReactivated,
)  # fmt: skip


class Account(Frozen):
    """An organisation and how to reach it."""

    org: Name = Field(description="identifier of the organisation")
    kind: Literal["customer", "partner"]
    name: Name = Field(description="as it is addressed in mails")
    billing_email: Email | None = Field(None, description="customers hear of their holds here")
    owner_email: Email | None = Field(None, description="partners hear of their holds here")
    partner: Name | None = Field(None, description="org of its partner")
    support_email: Email | None = Field(None, description="partners hear of locks here")
    domain: Domain | None = Field(None, description="which numbers it may see")


class AccountUpdated(Message):
    """An organisation is new or has changed; of two the newest `time` wins."""

    type: Literal["account.updated"]
    data: Account
