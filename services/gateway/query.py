"""A search in MongoDB's words: what fits, in which order, from which place on.

The present is looked up in the catalogue, where `_id` is the number; the past in the history, where `_id` is a change.
"""

import re
from collections.abc import Sequence
from typing import Any

from contracts.fields import milliseconds_of
from services.gateway.domain import (
    Asker,
    Pattern,
    Place,
    Search,
    abilities_with,
    ability,
    changes_between,
    parse_pattern,
)
from services.gateway.domain.search import STATES

Clause = dict[str, Any]

_KEYS = {"since": "since", "until": "hold.until"}  # besides the number itself
_ANY_OF = {
    "state": "state", "sku": "sku", "vendor": "vendor", "country": "country", "routing": "routing",
    "cause": "hold.cause",
}  # fmt: skip
_IS = {"golden": "golden", "ported_in": "ported_in", "charged": "hold.charged", "owner": "holder.org"}
_PART_OF_A_NUMBER = re.compile(r"[0-9+*?\s\-()./]*[0-9][0-9*?\s\-()./]*", re.ASCII)


def wanted(search: Search, asker: Asker, after: Place | None = None) -> Clause:
    """Give the filter of a search, from behind a place on."""
    clauses = [*_attributes(search), *_times(search), *_allowed(search, asker)]
    if search.as_of is not None:
        clauses.append({"at": {"$lte": milliseconds_of(search.as_of)}})
    if search.shape is not None:
        clauses += _looks_like(search.shape, past=search.as_of is not None)
    if search.subscription is not None:
        clauses.append({"$or": [{"subscription": search.subscription}, {"hold.subscription": search.subscription}]})
    if search.q is not None:
        clauses.append({"$or": _box(search.q, asker, past=search.as_of is not None)})
    if after is not None:
        clauses += _behind(search, after)
    return _together(clauses)


def order(search: Search) -> list[tuple[str, int]]:
    """Give the order of a search; numbers decide between equals, so it is a total one."""
    way = -1 if search.descending else 1
    return [*((_KEYS[search.sort], way) for _ in range(search.sort in _KEYS)), ("_id", way)]


def place(search: Search, entry: Clause) -> Place:
    """Give the place of an entry in the order of a search."""
    if search.sort == "until":
        return Place(entry["_id"], entry["hold"]["until"])
    return Place(entry["_id"], entry["since"] if search.sort == "since" else 0)


def _attributes(search: Search) -> list[Clause]:
    clauses = [{field: _one_of(values)} for name, field in _ANY_OF.items() if (values := getattr(search, name))]
    clauses += [{field: value} for name, field in _IS.items() if (value := getattr(search, name)) is not None]
    if search.sort == "since" and not search.state:
        clauses.append({"state": {"$in": list(STATES)}})  # then the index by state and since gives the order
    if search.capability:
        able = [ability(search.capability)] if search.exactly else abilities_with(search.capability)
        clauses.append({"able": _one_of(able)})
    if search.visible_to is not None:
        clauses.append({"visible_to": {"$in": [[], search.visible_to]}})
    return clauses


def _times(search: Search) -> list[Clause]:
    clauses = []
    for name, field in _KEYS.items():
        begin, end = getattr(search, f"{name}_from"), getattr(search, f"{name}_to")
        limits: Clause = {} if begin is None else {"$gte": milliseconds_of(begin)}
        limits |= {} if end is None else {"$lt": milliseconds_of(end)}
        if name == "until" and begin is None and (limits or search.sort == "until"):
            limits["$gt"] = 0  # what has no end is in no range, and the index has only what has one
        if limits:
            clauses.append({field: limits})
    return clauses


def _allowed(search: Search, asker: Asker) -> list[Clause]:
    """Keep to what the asker may see: own numbers, and those for everybody or their domains that are not golden."""
    if asker.may_manage:
        return []
    own = _own(asker)
    if asker.is_confined(search):
        return [own]
    return [{"$or": [own, {"golden": False, "visible_to": {"$in": [[], *asker.domains]}}]}]


def _own(asker: Asker) -> Clause:
    return {"holder.org": asker.org} if asker.org is not None else {"_id": {"$in": []}}


def _looks_like(pattern: Pattern, *, past: bool) -> list[Clause]:
    begins: Clause = {"$gte": pattern.prefix, "$lt": pattern.prefix + ":"} if len(pattern.prefix) > 1 else {}
    if pattern.anchored and len(pattern.prefix) > len("".join(pattern.segments)):
        return [{"_id": begins}]  # nothing but a beginning
    if past:  # which has no grams
        return [{"number": {"$regex": pattern.regex}}, *([{"_id": begins}] if begins else [])]
    clauses: list[Clause] = [{"_id": begins | {"$regex": pattern.regex}}]
    return [*clauses, {"grams": _one_of(pattern.grams)}] if pattern.grams else clauses


def _box(text: str, asker: Asker, *, past: bool) -> list[Clause]:
    own: Clause = {} if asker.may_manage else _own(asker)
    names: list[Clause] = [{"subscription": text} | own, {"hold.subscription": text} | own]
    if asker.may_manage or text == asker.org:
        names.append({"holder.org": text})
    if not _PART_OF_A_NUMBER.fullmatch(text):
        return names
    try:
        return [_together(_looks_like(parse_pattern(text), past=past)), *names]
    except ValueError:
        return names  # too long for a number, and perhaps the name of something


def _behind(search: Search, after: Place) -> list[Clause]:
    beyond = "$lt" if search.descending else "$gt"
    if search.as_of is not None:
        first, behind = changes_between(after.number)
        return [{"_id": {"$lt": first} if search.descending else {"$gte": behind}}]
    if search.sort == "number":
        return [{"_id": {beyond: after.number}}]
    key = _KEYS[search.sort]
    # The first half gives the index its bounds, the second leaves out what was shown of the same moment.
    return [{key: {beyond + "e": after.at}}, {"$or": [{key: {beyond: after.at}}, {"_id": {beyond: after.number}}]}]


def _one_of(values: Sequence[Any]) -> Any:
    return values[0] if len(values) == 1 else {"$in": list(values)}


def _together(clauses: Sequence[Clause]) -> Clause:
    """Join clauses: those of different fields side by side, where the planner sees them best."""
    joined: Clause = {}
    further: list[Clause] = []
    for clause in clauses:
        if joined.keys() & clause.keys():
            further.append(clause)
        else:
            joined |= clause
    return joined | {"$and": further} if further else joined
