"""A drawn stock of numbers and its events, as inventory would tell them."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from contracts.fields import format_instant
from contracts.topics import INVENTORY_EVENTS
from services.chassis.work import Taken

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ORGS, SUBSCRIPTIONS = ("acme", "beta", "gamma"), ("S-1", "S-2", "S-3", "31580")
CAPABILITIES = (["voice"], ["voice", "sms"], ["sms", "fax"], ["fax", "voice", "sms"])
CAUSES = ("manual", "subscription_expired", "swapped_out")


def instant(days: float) -> str:
    return format_instant(NOON + timedelta(days=days))


def drawn(dice: Random, number: str, version: int = 1) -> dict[str, Any]:
    """Give the data of an event: a number somewhere in its life."""
    state = dice.choice(("available", "available", "reserved", "assigned", "locked", "deleted"))
    held = state in ("reserved", "locked")
    hold = {
        "cause": "locked" if state == "locked" else dice.choice(CAUSES), "placed": version,
        "until": dice.choice((None, instant(dice.randrange(-5, 60)))), "free_until": instant(30),
        "charged": dice.random() < 0.3, "did_reservation": None, "subscription": dice.choice((None, *SUBSCRIPTIONS)),
    }  # fmt: skip
    org = {"org": dice.choice(ORGS), "kind": dice.choice(("customer", "partner"))}
    return {
        "number": number, "state": state, "previous": None, "version": version,
        "since": instant(-dice.randrange(0, 200)), "hold": hold if held else None,
        "holder": org if state in ("reserved", "assigned") else None,
        "subscription": dice.choice(SUBSCRIPTIONS) if state == "assigned" else None,
        "remark": dice.choice((None, "for the fair")), "reason": None, "vendor": dice.choice(("v1", "v2")),
        "country": "SG" if number.startswith("+65") else "US", "sku": dice.choice(("sg-local", "toll-free")),
        "number_type": "voip", "capabilities": dice.choice(CAPABILITIES), "routing": dice.choice((None, "r1", "r2")),
        "golden": dice.random() < 0.2, "ported_in": dice.random() < 0.2,
        "visible_to": dice.choice(([], [], ["acme.example"], ["beta.example", "acme.example"])), "partner": None,
    }  # fmt: skip


def drawn_numbers(dice: Random, many: int) -> list[str]:
    """Give different numbers that have much in common."""
    found: dict[str, None] = {}
    while len(found) < many:
        found[dice.choice((f"+6531{dice.randrange(10**6):06}", f"+1800{dice.randrange(10**7):07}"))] = None
    return list(found)


def lives(dice: Random, numbers: list[str], most: int = 4) -> Iterator[dict[str, Any]]:
    """Give the data of several events for each number, of all numbers mixed, each in its order."""
    left = {number: dice.randint(1, most) for number in numbers}
    seen = dict.fromkeys(numbers, 0)
    while left:
        number = dice.choice(list(left))
        seen[number] += 1
        yield drawn(dice, number, seen[number])
        left[number] -= 1
        if not left[number]:
            del left[number]


def envelope(data: dict[str, Any], **fields: Any) -> bytes:
    """Write an event as inventory would: versions of a number follow each other day by day."""
    return json.dumps({
        "specversion": "1.0", "id": f"{data['number']}/{data['version']}", "source": "/inventory",
        "type": "number.updated", "subject": data["number"], "time": instant(data["version"]), "data": data,
        "causationid": f"because-{data['version']}", "correlationid": "chain", "actor": "somebody",
    } | fields).encode()  # fmt: skip


def taken(data: dict[str, Any]) -> Taken:
    return Taken(INVENTORY_EVENTS.adapter().validate_json(envelope(data)), 0)


def timeless(entries: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Give entries without when they became so."""
    return {id: {name: value for name, value in entry.items() if name != "at"} for id, entry in entries.items()}


def folded(events: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Give the latest version of each number."""
    latest: dict[str, dict[str, Any]] = {}
    for data in events:
        if data["version"] > latest.get(data["number"], {"version": 0})["version"]:
            latest[data["number"]] = data
    return latest
