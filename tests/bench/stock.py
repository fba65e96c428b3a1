"""A stock of numbers as the gateway has it, by the million: drawn, and the same each time."""

import random
from collections.abc import Iterable, Iterator
from typing import Any

import bson
from bson.raw_bson import RawBSONDocument

from services.gateway.domain.change import change_id
from services.gateway.domain.terms import holders_of, terms_of
from tests.bench.load import ADD

DAY = 86_400_000  # milliseconds
NOW = 1_772_366_400_000  # Unix milliseconds
COUNTRIES = {"SG": "+65", "DE": "+49", "FR": "+33", "US": "+1", "JP": "+81", "BR": "+55"}
STATES = ("available",) * 70 + ("assigned",) * 17 + ("reserved",) * 8 + ("deleted",) * 3 + ("locked",) * 2
VENDORS, SKUS = tuple(f"vendor-{n}" for n in range(20)), tuple(f"sku-{n}" for n in range(40))
ORGS = 5_000


def numbers(many: int) -> Iterator[str]:
    """Give different numbers of all countries."""
    begins = list(COUNTRIES.values())
    for index in range(many):
        scattered = index * 7_919 % 10_000_019  # a prime: each comes once
        yield f"{begins[index % len(begins)]}{20 + index // 10_000_019}{scattered:08}"


def entries(many: int, seed: int = 7) -> Iterator[dict[str, Any]]:
    """Give entries of the catalogue, without their terms."""
    dice = random.Random(seed)
    countries = list(COUNTRIES)
    for index, number in enumerate(numbers(many)):
        yield _entry(dice, number, countries[index % len(countries)], index)


def _entry(dice: random.Random, number: str, country: str, index: int) -> dict[str, Any]:
    state = dice.choice(STATES)
    held, had = state in ("reserved", "locked"), state in ("reserved", "assigned")
    since = NOW - dice.randrange(400 * DAY)
    hold = {
        "cause": "locked" if state == "locked" else "manual", "placed": 3, "until": NOW + dice.randrange(60 * DAY),
        "free_until": NOW + 28 * DAY, "charged": dice.random() < 0.2, "did_reservation": None,
        "subscription": f"S-{index}" if dice.random() < 0.5 else None,
    }  # fmt: skip
    return {
        "_id": number, "version": 3, "state": state, "previous": "available", "since": since,
        "hold": hold if held else None,
        "holder": {"org": f"org-{dice.randrange(ORGS)}", "kind": "customer"} if had else None,
        "subscription": f"S-{index}" if state == "assigned" else None, "remark": None, "reason": None,
        "vendor": dice.choice(VENDORS), "country": country, "sku": dice.choice(SKUS), "number_type": "fixed_line",
        "capabilities": ["voice"], "able": dice.choice((1, 1, 1, 5, 7, 2)), "routing": None,
        "golden": dice.random() < 0.02, "ported_in": dice.random() < 0.05, "visible_to": [], "partner": None,
        "at": since,
    }  # fmt: skip


def catalogue(many: int) -> Iterator[RawBSONDocument]:
    """Give the documents of the catalogue."""
    return (RawBSONDocument(bson.encode(entry | {"terms": terms_of(entry)})) for entry in entries(many))


def joined(numbers: Iterable[str]) -> Iterator[RawBSONDocument]:
    """Give the documents of the catalogue for numbers that have joined, and to which nothing has happened yet."""
    given = ADD | {"version": 1, "state": "available", "previous": None, "since": NOW, "at": NOW, "able": 1}
    given |= dict.fromkeys(("hold", "holder", "subscription")) | {"golden": False, "ported_in": False}
    for entry in entries(1):
        for number in numbers:
            entry |= given | {"_id": number}
            yield RawBSONDocument(bson.encode(entry | {"terms": terms_of(entry)}))


def bare(many: int) -> Iterator[RawBSONDocument]:
    """Give the same without terms, for indexes on the fields themselves."""
    return (RawBSONDocument(bson.encode(entry)) for entry in entries(many))


def history(many: int, versions: int = 3) -> Iterator[RawBSONDocument]:
    """Give the documents of the history: the last versions are those of the catalogue."""
    for entry in entries(many):
        told = {"number": entry["_id"], "type": "number.updated", "event": "e" * 36, "actor": "/bench"}
        told |= {"terms": holders_of(entry), "causationid": "c" * 36, "correlationid": "c" * 36}
        for version in range(1, versions + 1):
            at = entry["at"] - (versions - version) * 30 * DAY
            change = entry | told | {"_id": change_id(entry["_id"], version), "version": version, "at": at}
            yield RawBSONDocument(bson.encode(change))
