"""Terms: what a number is found by, as in the index of a book. One index over all of them serves every filter.

A term is a short text for an attribute and its value, or a number for four digits of the number in a row (see
`pattern`). An index for each filter would have to be asked whether it is touched by each change of a number.
"""

from collections.abc import Mapping
from typing import Any

from services.gateway.domain.pattern import grams_of

Term = str | int

# By the names that searches have for them, those first that say most.
HOLDERS = ("subscription", "lost", "owner")
NAMES = (*HOLDERS, "routing", "golden", "ported_in", "sku", "vendor", "able", "country", "state")


def term(name: str, value: Any) -> Term:
    """Give the term of an attribute. Example: `term("sku", "sg-local")` is `sku=sg-local`."""
    return f"{name}={value}"


def terms_of(entry: Mapping[str, Any]) -> list[Term]:
    """Give all terms of an entry of the catalogue."""
    told = {name: entry[name] for name in ("routing", "sku", "vendor", "able", "country", "state")}
    told |= {name: True for name in ("golden", "ported_in") if entry[name]}
    terms = [term(name, value) for name, value in told.items() if value is not None]
    return [*grams_of(entry["_id"]), *terms, *holders_of(entry)]


def holders_of(entry: Mapping[str, Any]) -> list[Term]:
    """Give the terms of those who have a number or had it; all that the history is indexed by."""
    hold, holder = entry["hold"] or {}, entry["holder"] or {}
    values = (entry["subscription"], hold.get("subscription"), holder.get("org"))
    return [term(name, value) for name, value in zip(HOLDERS, values, strict=True) if value is not None]
