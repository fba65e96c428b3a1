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


class Told(NamedTuple):
    """What inventory told last of a number that is a holding, or may have been one. `holding`: None: it is none now."""

    version: int  # of the number
    holding: Holding | None


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


def latest(messages: Iterable[Message]) -> dict[str, Told]:
    """Give what these events of inventory tell last, for each number that is or was a holding."""
    told: dict[str, Told] = {}
    for message in messages:
        if isinstance(message, CommandRejected):
            continue
        number: Number = message.data  # type: ignore[attr-defined]
        holding = holding_of(number)
        # What came from another state was no holding before. What came from these may have been one although nobody
        # knows: the event that told of it may be a dead letter.
        concerns = holding or number.number in told or number.previous in ("assigned", "reserved")
        if concerns and _is_newer(number.version, told.get(number.number)):
            told[number.number] = Told(number.version, holding)
    return told


def newer(told: Mapping[str, Told], known: Mapping[str, Told]) -> dict[str, Told]:
    """Give what is not known yet: an old event may come again long after, when a dead letter is replayed."""
    return {number: each for number, each in told.items() if _is_newer(each.version, known.get(number))}


def _is_newer(version: int, than: Told | None) -> bool:
    return than is None or version > than.version


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


def overlaid(known: Mapping[str, Told], changes: Mapping[str, Told]) -> Holdings:
    """Give the holdings that are stored, as changed since."""
    return Holdings(told.holding for told in {**known, **changes}.values() if told.holding is not None)
