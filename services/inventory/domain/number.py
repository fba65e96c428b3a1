"""The values: a number and its hold, what a decision depends on, and a refusal.

Tuples and not models: every command makes some, and what comes in was validated before.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple, Self

from contracts.fields import EARLIEST, LATEST, State
from contracts.policy import Traits

Kind = Literal["customer", "partner"]


class Holder(NamedTuple):
    """Who has a number. Two are the same if their `org` is."""

    org: str
    kind: Kind = "customer"


class Hold(NamedTuple):
    """Why and until when a number rests."""

    cause: str
    placed: int  # version of the number that placed it
    until: datetime | None  # None: for ever
    free_until: datetime | None  # where `until` falls back to when nobody pays any longer
    charged: bool = False
    did_reservation: str | None = None  # subscription that pays
    subscription: str | None = None  # who lost the number


class Attributes(NamedTuple):
    """What a number is, whatever happens to it."""

    vendor: str = ""
    country: str = ""
    sku: str = ""
    number_type: str = "unknown"
    capabilities: tuple[str, ...] = ("voice",)
    routing: str | None = None
    golden: bool = False
    ported_in: bool = False
    visible_to: tuple[str, ...] = ()
    partner: str | None = None

    @property
    def traits(self) -> Traits:
        """Give what periods depend on."""
        return Traits(self.country, self.sku, self.number_type, self.ported_in)


NOTHING = Attributes()


class Former(NamedTuple):
    """How a number was before a change that can be undone. It was never assigned: no subscription is among it."""

    state: State
    since: datetime
    hold: Hold | None
    holder: Holder | None


class Number(NamedTuple):
    """A number after its latest change. One that is not in the bank has version 0 and no state."""

    number: str  # E.164
    state: State | None = None
    previous: State | None = None
    version: int = 0
    since: datetime = EARLIEST  # when this state began
    hold: Hold | None = None
    holder: Holder | None = None
    subscription: str | None = None
    remark: str | None = None  # of the latest change only
    reason: str | None = None  # of the latest change only
    attributes: Attributes = NOTHING
    former: Former | None = None  # before the latest change; None: that cannot be undone

    def became(
        self,
        state: State,
        since: datetime,
        *,
        hold: Hold | None = None,
        holder: Holder | None = None,
        subscription: str | None = None,
        remark: str | None = None,
        reason: str | None = None,
        former: Former | None = None,
    ) -> "Number":
        """Give the number in another state; what is not named it has no longer."""
        return Number(
            self.number, state, self.state, self.version + 1, since,
            hold, holder, subscription, remark, reason, self.attributes, former,
        )  # fmt: skip

    def stayed(self, **changes: Any) -> Self:
        """Give the number with these fields changed and its state unchanged."""
        return self._replace(
            previous=self.state, version=self.version + 1, remark=None, reason=None, former=None, **changes
        )

    def standing_former(self) -> Former:
        """Give what the latest change has taken, where that can be undone."""
        assert self.former is not None, "a change that can be undone leaves behind what was"
        return self.former

    def as_it_is(self) -> Former:
        """Give what a change must leave behind that can be undone."""
        assert self.state is not None, "a number that is not in the bank has nothing to lose"
        return Former(self.state, self.since, self.hold, self.holder)

    def standing_hold(self) -> Hold:
        """Give the hold of a number that is reserved or locked."""
        assert self.hold is not None, "a reserved or locked number has a hold"
        return self.hold


class Classified(NamedTuple):
    """What the numbering plan says of a number. `fault`: why it cannot join, None if it can."""

    number_type: str
    fault: str | None = None


class Terms(NamedTuple):
    """What a decision depends on besides number and command."""

    at: datetime
    knows: Callable[[str], bool]  # whether policy has a cause
    period_of: Callable[[str, Traits], timedelta]
    classify: Callable[[str], Classified]


class Rejected(NamedTuple):
    """A command that is not allowed: a code for machines, a sentence for people."""

    code: str
    message: str


def later(at: datetime, period: timedelta) -> datetime:
    """Give the end of a period; time ends with the year 9999."""
    try:
        return at + period
    except OverflowError:
        return LATEST
