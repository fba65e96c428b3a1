"""What each command does to a number that it is allowed for.

A state begins at the clock, or at the time the command names, but never before the present one; a state that is
restored has begun when it did. What can be undone leaves behind how the number was.
"""

from datetime import datetime
from typing import Any

from contracts import inventory as ask
from contracts.fields import Holder as GivenHolder
from services.inventory.domain.number import Attributes, Hold, Holder, Number, Terms, later

# What null leaves in an attribute: the defaults of `add`, for those that have one.
CLEARED: dict[str, Any] = {"capabilities": ("voice",), "golden": False, "ported_in": False, "visible_to": ()}


def add(number: Number, data: ask.Add, terms: Terms) -> Number:
    """Let a number join the bank."""
    return joined(number, data, terms).became("available", _begin(number, terms))


def import_(number: Number, data: ask.Import, terms: Terms) -> Number:
    """Let a number join the bank as it was elsewhere."""
    number = joined(number, data, terms)
    return number.became(
        data.state,
        data.since,
        hold=_imported_hold(number, data, terms),
        holder=_holder(data.holder),
        subscription=data.subscription,
        remark=data.remark,
    )


def update(number: Number, data: ask.Update, terms: Terms) -> Number:
    """Change attributes: those that were given, null included."""
    given = {name: getattr(data, name) for name in data.model_fields_set if name in Attributes._fields}
    changes: dict[str, Any] = {name: CLEARED.get(name) if new is None else new for name, new in given.items()}
    return number.stayed(attributes=number.attributes._replace(**changes))


def reserve(number: Number, data: ask.Reserve, terms: Terms) -> Number:
    """Set an available number aside for a holder."""
    begin = _begin(number, terms)
    hold = _hold(number, "manual", begin, terms)
    return number.became("reserved", begin, hold=hold, holder=_holder(data.holder), remark=data.remark)


def extend(number: Number, data: ask.Extend, terms: Terms) -> Number:
    """Charge a reservation to a DID Reservation; a later one takes over from an earlier."""
    hold = number.standing_hold()
    return number.stayed(hold=hold._replace(until=data.until, charged=True, did_reservation=data.did_reservation))


def end_extension(number: Number, data: ask.EndExtension, terms: Terms) -> Number:
    """Let a reservation end with its free period, which may be over."""
    hold = number.standing_hold()
    return number.stayed(hold=hold._replace(until=hold.free_until, charged=False, did_reservation=None))


def release(number: Number, data: ask.Because, terms: Terms) -> Number:
    """Give up a reservation."""
    begin = _begin(number, terms)
    return number.became("available", begin, remark=data.remark, reason="manual", former=number.as_it_is())


def assign(number: Number, data: ask.Assign, terms: Terms) -> Number:
    """Give a number to a subscription, of the reserver unless a holder is named."""
    return number.became(
        "assigned",
        _begin(number, terms),
        holder=_holder(data.holder) or number.holder,
        subscription=data.subscription,
        remark=data.remark,
    )


def transfer(number: Number, data: ask.Transfer, terms: Terms) -> Number:
    """Give a number and its subscription to a new holder."""
    return number.stayed(holder=_holder(data.holder))


def unassign(number: Number, data: ask.Unassign, terms: Terms) -> Number:
    """Take a number from its subscription; it rests for the one who had it."""
    begin = _begin(number, terms, data.effective_at)
    hold = _hold(number, data.cause, begin, terms)._replace(subscription=number.subscription)
    return number.became("reserved", begin, hold=hold, holder=number.holder)


def lock(number: Number, data: ask.Lock, terms: Terms) -> Number:
    """Keep an available number from everybody."""
    begin = _begin(number, terms)
    hold = _hold(number, "locked", begin, terms)
    if "until" in data.model_fields_set:
        hold = hold._replace(until=data.until, free_until=data.until)
    return number.became("locked", begin, hold=hold, remark=data.remark, former=number.as_it_is())


def unlock(number: Number, data: ask.Because, terms: Terms) -> Number:
    """Make a locked number available."""
    return number.became("available", _begin(number, terms), remark=data.remark, former=number.as_it_is())


def delete(number: Number, data: ask.Delete, terms: Terms) -> Number:
    """Take a number out of the bank; it is remembered."""
    begin = _begin(number, terms)
    return number.became("deleted", begin, remark=data.remark, reason=data.reason, former=number.as_it_is())


def recover(number: Number, data: ask.Because, terms: Terms) -> Number:
    """Bring a deleted number back."""
    return number.became("available", _begin(number, terms), remark=data.remark)


def expire(number: Number, data: ask.Expire, terms: Terms) -> Number:
    """End a hold that is over: the number was available from its end, however late this is."""
    reason = "lock_expired" if number.state == "locked" else "reservation_expired"
    return number.became("available", number.standing_hold().until or terms.at, reason=reason)


def restore(number: Number, data: ask.Restore, terms: Terms) -> Number:
    """Give back what the latest change has taken: the same hold, since the same time."""
    state, since, hold, holder = number.standing_former()
    return number.became(state, since, hold=hold, holder=holder, remark=data.remark)


def joined(number: Number, data: ask.Add, terms: Terms) -> Number:
    """Give an unknown number the attributes that it joins with."""
    number_type = terms.classify(number.number).number_type
    given = {name: getattr(data, name) for name in Attributes._fields if name != "number_type"}
    return number._replace(attributes=Attributes(number_type=number_type, **given))


def _holder(given: GivenHolder | None) -> Holder | None:
    return None if given is None else Holder(given.org, given.kind)


def _begin(number: Number, terms: Terms, effective_at: datetime | None = None) -> datetime:
    return max(effective_at or terms.at, number.since)


def _hold(number: Number, cause: str, begin: datetime, terms: Terms) -> Hold:
    until = later(begin, terms.period_of(cause, number.attributes.traits))
    return Hold(cause, number.version + 1, until, until)


def _imported_hold(number: Number, data: ask.Import, terms: Terms) -> Hold | None:
    if data.state not in ("reserved", "locked"):
        return None
    given = data.hold
    if given is None:
        return _hold(number, "locked" if data.state == "locked" else "manual", data.since, terms)
    hold = _hold(number, given.cause, data.since, terms)
    until = given.until if "until" in given.model_fields_set else hold.until
    free_until = given.free_until if "free_until" in given.model_fields_set else until
    return hold._replace(
        until=until,
        free_until=free_until,
        charged=given.charged,
        did_reservation=given.did_reservation,
        subscription=given.subscription,
    )
