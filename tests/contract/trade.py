"""What a stranger says and expects: fresh numbers, the shortest way to each state, the whole number after a change."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.contract.stranger import Stranger

NOW = "2026-03-01T00:00:00Z"
STATES = ("available", "reserved", "assigned", "locked", "deleted")
ACME, ZENITH = {"org": "acme"}, {"org": "zenith"}
ADD = {"vendor": "v1", "country": "SG", "sku": "sg-local"}

_numbers = itertools.count(81000000)
_names = itertools.count(1)

WAY: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "none": [],
    "available": [],
    "reserved": [("number.reserve", {"holder": ACME, "remark": "for acme"})],
    "assigned": [("number.assign", {"subscription": "S-1", "holder": ACME})],
    "locked": [("number.lock", {"remark": "abused"})],
    "deleted": [("number.delete", {"reason": "faulty", "remark": "no audio"})],
}


def fresh() -> str:
    """Give a number that nobody has used yet."""
    return f"+65{next(_numbers)}"


def named(kind: str) -> str:
    """Give the name of a subscription or an org that nobody has used yet."""
    return f"{kind}-{next(_names)}"


def when(**after: float) -> str:
    """Give the time so long after the bank's clock."""
    return later(NOW, **after)


def later(time: str, **after: float) -> str:
    there = datetime.fromisoformat(time) + timedelta(**after)
    text = there.astimezone(UTC).isoformat(timespec="milliseconds" if there.microsecond else "seconds")
    return text.replace("+00:00", "Z")


def hold(cause: str, placed: int, until: str | None, **changes: Any) -> dict[str, Any]:
    """Give a hold as an event shows it."""
    plain = {"cause": cause, "placed": placed, "until": until, "free_until": until, "charged": False,
             "did_reservation": None, "subscription": None}  # fmt: skip
    return plain | changes


def holder(org: str, kind: str = "customer") -> dict[str, str]:
    return {"org": org, "kind": kind}


def whole(number: str, state: str, previous: str | None, version: int, **changes: Any) -> dict[str, Any]:
    """Give the data of an event about a number added with `ADD`."""
    plain = {
        "number": number, "state": state, "previous": previous, "version": version, "since": NOW, "hold": None,
        "holder": None, "subscription": None, "remark": None, "reason": None, **ADD, "number_type": "mobile",
        "capabilities": ["voice"], "routing": None, "golden": False, "ported_in": False,
        "visible_to": [], "partner": None,
    }  # fmt: skip
    return plain | changes


async def bring(bank: Stranger, state: str, **attributes: Any) -> str:
    """Send what brings a fresh number into a state, without waiting; its version is then 1 or 2."""
    number = fresh()
    if state != "none":
        await ask(bank, number, [("number.add", ADD | attributes), *WAY[state]])
    return number


async def ask(bank: Stranger, number: str, commands: list[tuple[str, dict[str, Any]]]) -> str:
    """Send commands in order, without waiting; give the id of the last."""
    id = ""
    for type, data in commands:
        id = await bank.say("inventory.commands", type, number, data)
    return id
