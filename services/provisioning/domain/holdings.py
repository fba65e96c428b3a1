"""Which numbers the subscriptions have, as inventory last told: a projection of its events."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from contracts.fields import Holder
from contracts.inventory import CommandRejected, Number
from contracts.message import Message


class Holding(NamedTuple):
    """A number that a subscription has, pays for, or has lost and might get back."""

    number: str
    state: str  # assigned or reserved
    owner: str | None  # the subscription that has it, or the DID Reservation that pays for its hold
    holder: Holder
    sku: str
    lost_by: str | None = None  # the subscription that lost it to the present hold
    cause: str | None = None  # of the hold
    placed: int | None = None  # version that placed the hold
    until: datetime | None = None  # end of the hold; None: for ever


class Holdings:
    """The holdings that a decision may look at."""

    def __init__(self, holdings: Iterable[Holding] = ()) -> None:
        self._by_number = {holding.number: holding for holding in holdings}
        self._by_owner: dict[str, list[Holding]] = {}
        for _, holding in sorted(self._by_number.items()):
            if holding.owner is not None:
                self._by_owner.setdefault(holding.owner, []).append(holding)

    def of(self, owner: str, state: str | None = None) -> list[Holding]:
        """Give what a subscription has (assigned) or pays for (reserved), in order of numbers."""
        found = self._by_owner.get(owner, [])
        return [holding for holding in found if holding.state == state] if state else found

    def get(self, number: str) -> Holding | None:
        """Give the holding of a number, None without one."""
        return self._by_number.get(number)

    def lost(self, subscription: str, number: str, placed: int) -> bool:
        """Tell whether the hold to which a subscription lost a number still stands."""
        holding = self._by_number.get(number)
        return holding is not None and (holding.lost_by, holding.placed) == (subscription, placed)


def projected(messages: Iterable[Message]) -> dict[str, Holding | None]:
    """Give the holdings after these events of inventory, by number; None: it is one no longer."""
    changes: dict[str, Holding | None] = {}
    for message in messages:
        if isinstance(message, CommandRejected):
            continue
        number: Number = message.data  # type: ignore[attr-defined]
        holding = holding_of(number)
        # What came from another state was no holding before, and there is nothing to forget.
        if holding or number.number in changes or number.previous in ("assigned", "reserved"):
            changes[number.number] = holding
    return changes


def holding_of(number: Number) -> Holding | None:
    """Give what provisioning has to know of a number; None: nothing."""
    if number.holder is None:
        return None
    if number.state == "assigned":
        return Holding(number.number, number.state, number.subscription, number.holder, number.sku)
    hold = number.hold
    if hold is None or (hold.subscription is None and hold.did_reservation is None):
        return None
    return Holding(
        number.number,
        number.state,
        hold.did_reservation,
        number.holder,
        number.sku,
        hold.subscription,
        hold.cause,
        hold.placed,
        hold.until,
    )


def overlaid(known: Mapping[str, Holding], changes: Mapping[str, Holding | None]) -> Holdings:
    """Give the holdings that are stored, as changed since."""
    return Holdings(holding for holding in {**known, **changes}.values() if holding is not None)
