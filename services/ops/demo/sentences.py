"""Messages in plain words, for people who have never read the contract."""

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import Any

import phonenumbers

from contracts.fields import parse_instant
from services.ops.demo.cast import NAMES
from services.ops.demo.ledger import Data, Heard

WHY = {
    "subscription_expired": "subscription expired",
    "subscription_terminated": "subscription ended",
    "swapped_out": "swapped out",
    "removed": "taken out of the subscription",
}
ENDS = {
    "reservation_expired": "is free again: its time is over",
    "lock_expired": "is free again: its lock is over",
    "manual": "is given back",
}


def sentence(heard: Heard) -> str | None:
    """Say what has happened in one line; None for what does not interest people."""
    say = SAYINGS.get(heard.type)
    if say is None:
        return None
    return say(heard.data) if heard.type in ABOUT_MANY else f"{spoken(heard.subject)} {say(heard.data)}"


@lru_cache(maxsize=4096)
def spoken(number: str) -> str:
    """Write a number as people do."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return number
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def day(at: datetime) -> str:
    """Write a date: `26 Apr`."""
    return f"{at.day:2} {at:%b}"


def _until(data: Data) -> str:
    until = (data.get("hold") or {}).get("until")
    return f"until {day(parse_instant(until)).strip()}" if until else "for ever"


def _who(data: Data) -> str:
    org = str((data.get("holder") or {}).get("org", "nobody"))
    return NAMES.get(org, org)


def _reserved(data: Data) -> str:
    cause = str((data.get("hold") or {}).get("cause"))
    if cause == "manual":
        return f"is reserved by hand for {_who(data)} {_until(data)}"
    return f"rests for {_who(data)} {_until(data)}: {WHY.get(cause, cause)}"


def _refused(data: Data) -> str:
    message = data.get("message") or data.get("code")
    return f"stays as it is: {message}"


def _expiring(data: Data) -> str:
    left = data.get("days_left")
    what = "its lock ends" if data.get("cause") == "locked" else "its time ends"
    return f"{what} in {left} day{'' if left == 1 else 's'}" if left else f"{what} now"


def _failed(data: Data) -> str:
    codes = sorted({each["code"] for each in (data, *data.get("numbers", ())) if each.get("code")})
    return f"Billing hears that {data.get('subscription')} has failed: {', '.join(codes).replace('_', ' ')}"


SAYINGS: dict[str, Callable[[dict[str, Any]], str]] = {
    "number.imported": lambda data: f"comes from the old system, held for {_who(data)} {_until(data)}",
    "number.reserved": _reserved,
    "number.reservation_extended": lambda data: f"is paid for by {_who(data)} and held {_until(data)}",
    "number.reservation_extension_ended": lambda data: f"is paid for no longer: held {_until(data)}",
    "number.released": lambda data: ENDS.get(data.get("reason") or "", "is free again"),
    "number.assigned": lambda data: f"goes to {_who(data)} ({data.get('subscription')})",
    "number.transferred": lambda data: f"goes over to {_who(data)} ({data.get('subscription')})",
    "number.locked": lambda data: f"is locked {_until(data)}: {data.get('remark')}",
    "number.unlocked": lambda data: "is unlocked",
    "number.deleted": lambda data: f"leaves the bank: {data.get('remark')}",
    "number.recovered": lambda data: f"is back in the bank: {data.get('remark')}",
    "number.restored": lambda data: f"is {data.get('state')} again, as if nothing had happened: {data.get('remark')}",
    "command.rejected": _refused,
    "hold.expiring": _expiring,
    "provisioning.failed": _failed,
}
ABOUT_MANY = ("provisioning.failed",)
