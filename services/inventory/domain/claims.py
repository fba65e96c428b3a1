"""The reasons to refuse that concern holds, holders and subscriptions; see `checks`."""

from contracts import inventory as ask
from contracts.fields import format_instant
from contracts.policy import BUILT_IN_CAUSES
from services.inventory.domain.number import Number, Rejected, Terms


def unknown_cause(number: Number, data: ask.Unassign, terms: Terms) -> Rejected | None:
    """Refuse a cause without a period, or one that is not for lost numbers."""
    if data.cause not in BUILT_IN_CAUSES and terms.knows(data.cause):
        return None
    return Rejected(
        "unknown_cause", f"{data.cause} is no cause for unassign; use one of the policy file besides manual and locked."
    )


def unknown_imported_cause(number: Number, data: ask.Import, terms: Terms) -> Rejected | None:
    """Refuse a cause without a period, or one that is another state's."""
    if data.hold is None:
        return None
    if not terms.knows(data.hold.cause):
        return Rejected("unknown_cause", f"{data.hold.cause} is not in the policy file; use one of its causes.")
    if (data.hold.cause == "locked") == (data.state == "locked"):
        return None
    right = "the cause locked" if data.state == "locked" else "another cause"
    return Rejected("unknown_cause", f"{data.hold.cause} is no cause for a number that is {data.state}; use {right}.")


def stale_hold(number: Number, data: ask.Assign | ask.Expire, terms: Terms) -> Rejected | None:
    """Refuse what was meant for another hold."""
    if data.placed is None or (number.hold is not None and number.hold.placed == data.placed):
        return None
    stands = f"that of version {number.hold.placed} does" if number.hold else "none does"
    return Rejected("stale_hold", f"the hold of version {data.placed} does not stand on {number.number}; {stands}.")


def hold_not_due(number: Number, data: ask.Expire, terms: Terms) -> Rejected | None:
    """Refuse to end a hold before its time."""
    until = number.standing_hold().until
    if until is not None and until <= terms.at:
        return None
    lasts = "for ever" if until is None else f"until {format_instant(until)}"
    return Rejected(
        "hold_not_due",
        f"the hold of {number.number} lasts {lasts} and it is {format_instant(terms.at)}; "
        f"use {'unlock' if number.state == 'locked' else 'release'} to end it early.",
    )


def not_assigned_to_subscription(number: Number, data: ask.Transfer | ask.Unassign, terms: Terms) -> Rejected | None:
    """Refuse what concerns another subscription's number."""
    if number.subscription == data.subscription:
        return None
    return Rejected(
        "not_assigned_to_subscription",
        f"{number.number} is assigned to {number.subscription}, not to {data.subscription}; name that subscription.",
    )


def held_by_another(number: Number, data: ask.Assign | ask.Extend, terms: Terms) -> Rejected | None:
    """Refuse what is reserved by another org."""
    if number.holder is None or data.holder is None or number.holder.org == data.holder.org:
        return None
    return Rejected(
        "held_by_another",
        f"{number.number} is reserved by {number.holder.org}, not by {data.holder.org}; "
        f"it must be given up first, or be for {number.holder.org}.",
    )


def golden_must_be_reserved_first(number: Number, data: ask.Assign, terms: Terms) -> Rejected | None:
    """Refuse to assign a golden number that nobody has reserved."""
    if number.state == "reserved" or not number.attributes.golden:
        return None
    return Rejected("golden_must_be_reserved_first", f"{number.number} is golden; reserve it first, then assign it.")


def sku_mismatch(number: Number, data: ask.Assign, terms: Terms) -> Rejected | None:
    """Refuse a number that is sold as something else."""
    if data.sku is None or data.sku == number.attributes.sku:
        return None
    return Rejected(
        "sku_mismatch",
        f"{number.number} has sku {number.attributes.sku}, not {data.sku}; choose a number of sku {data.sku}.",
    )


def not_extended_by(number: Number, data: ask.EndExtension, terms: Terms) -> Rejected | None:
    """Refuse to end what another DID Reservation pays, or none."""
    payer = number.standing_hold().did_reservation
    if payer == data.did_reservation:
        return None
    paid = "not extended" if payer is None else f"extended by {payer}"
    return Rejected("not_extended_by", f"{number.number} is {paid}; name the DID Reservation that extends it.")


def until_not_later(number: Number, data: ask.Extend, terms: Terms) -> Rejected | None:
    """Refuse an extension that does not extend."""
    until = number.standing_hold().until
    if until is not None and data.until > until:
        return None
    if until is None:
        return Rejected("until_not_later", f"{number.number} is reserved for ever; there is nothing to extend.")
    return Rejected(
        "until_not_later",
        f"{number.number} is reserved until {format_instant(until)}; until must be later than that.",
    )
