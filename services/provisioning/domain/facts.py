"""What is asked of a subscription: billing's facts, and people's wishes to extend a reservation."""

from datetime import datetime, timedelta
from typing import NamedTuple

from contracts import billing
from contracts.message import Message
from contracts.provisioning import ExtendByReservation

ACTIVATED, RENEWED, CHANGED = "subscription.activated", "subscription.renewed", "subscription.changed"
SWAPPED, TRANSFERRED, EXPIRED = "subscription.swapped", "subscription.transferred", "subscription.expired"
TERMINATED, REACTIVATED = "subscription.terminated", "subscription.reactivated"
EXTEND = "reservation.extend"

# These concern every number that the subscription has, without naming one.
OF_ALL_NUMBERS = frozenset({RENEWED, TRANSFERRED, EXPIRED, TERMINATED, REACTIVATED})

FARTHEST_AHEAD = timedelta(minutes=5)


class Fact(NamedTuple):
    """Something asked of one subscription."""

    cause: Message  # the message as it was read; answers and commands refer to it
    subscription: str
    at: datetime  # when it happened
    taken: int  # Unix milliseconds, the broker's: tells apart two records with the same id
    numbers: tuple[str, ...]  # that it names, each once, in the order of the answer

    @classmethod
    def of(cls, message: Message, taken: int, now: datetime) -> "Fact":
        """Read a billing event or a command; what has no time happened at `now`."""
        subscription = message.data.did_reservation if isinstance(message, ExtendByReservation) else message.subject
        return cls(message, subscription, message.time or now, taken, tuple(dict.fromkeys(_named(message))))

    @property
    def type(self) -> str:
        """Give the type of its message."""
        return self.cause.type

    @property
    def of_billing(self) -> bool:
        """Whether it has its place in the history of the subscription."""
        return self.cause.type != EXTEND

    @property
    def all_or_nothing(self) -> bool:
        """Whether one rejection undoes all."""
        return isinstance(self.cause, billing.SubscriptionActivated) and self.cause.data.all_or_nothing

    def ahead_of(self, now: datetime) -> bool:
        """Tell whether it lies in the future by more than clocks may differ."""
        return self.of_billing and self.at - now > FARTHEST_AHEAD


def _named(message: Message) -> tuple[str, ...]:
    match message:
        case billing.SubscriptionActivated(data=data):
            return data.numbers
        case billing.SubscriptionChanged(data=data):
            return data.added + data.removed
        case billing.SubscriptionSwapped(data=data):
            return (data.new, data.old)
        case ExtendByReservation(subject=number):
            return (number,)
    return ()
