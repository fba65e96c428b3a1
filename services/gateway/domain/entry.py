"""A number as the catalogue has it: what its latest event said, and what it is found by."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from contracts.fields import milliseconds_of
from contracts.inventory import Hold, Number
from services.gateway.domain.terms import terms_of

Entry = dict[str, Any]  # as it is stored; `_id` is the number, times are Unix milliseconds

_ABILITIES = {"voice": 1, "fax": 2, "sms": 4}


class Sort(NamedTuple):
    """What numbers are counted by."""

    state: str
    vendor: str
    country: str
    sku: str
    golden: bool
    ported_in: bool


def entry_of(number: Number) -> Entry:
    """Give the entry of a number after a change."""
    hold, holder = number.hold, number.holder
    entry = {
        "_id": number.number,
        "version": number.version,
        "state": number.state,
        "previous": number.previous,
        "since": milliseconds_of(number.since),
        "hold": None if hold is None else _held(hold),
        "holder": None if holder is None else {"org": holder.org, "kind": holder.kind},
        "subscription": number.subscription,
        "remark": number.remark,
        "reason": number.reason,
        "vendor": number.vendor,
        "country": number.country,
        "sku": number.sku,
        "number_type": number.number_type,
        "capabilities": list(number.capabilities),
        "able": ability(number.capabilities),
        "routing": number.routing,
        "golden": number.golden,
        "ported_in": number.ported_in,
        "visible_to": list(number.visible_to),
        "partner": number.partner,
    }
    return entry | {"terms": terms_of(entry)}


def changes(before: Entry, after: Entry) -> Entry:
    """Give the fields in which an entry differs."""
    return {name: value for name, value in after.items() if before.get(name) != value}


def sort_of(entry: Mapping[str, Any]) -> Sort:
    """Give what a number is counted as."""
    return Sort(
        entry["state"], entry["vendor"], entry["country"], entry["sku"], entry["golden"], entry["ported_in"]
    )  # fmt: skip


def ability(capabilities: Iterable[str]) -> int:
    """Give capabilities as one number of three bits, whatever their order."""
    return sum(_ABILITIES[name] for name in set(capabilities))


def abilities_with(capabilities: Iterable[str]) -> list[int]:
    """Give all abilities that include these."""
    wanted = ability(capabilities)
    return [each for each in range(8) if each & wanted == wanted]


def _held(hold: Hold) -> Entry:
    return {
        "cause": hold.cause,
        "placed": hold.placed,
        "until": None if hold.until is None else milliseconds_of(hold.until),
        "free_until": None if hold.free_until is None else milliseconds_of(hold.free_until),
        "charged": hold.charged,
        "did_reservation": hold.did_reservation,
        "subscription": hold.subscription,
    }
