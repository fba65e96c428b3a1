"""A search in MongoDB's words: what fits, in which order, from which place on.

The present is looked up in the catalogue, where `_id` is the number; the past in the history, where `_id` is a change.
Filters are given as terms where a view has them; the server tries which term leads to the fewest numbers.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from contracts.fields import milliseconds_of
from services.gateway.domain import (
    HOLDERS,
    NAMES,
    Asker,
    Pattern,
    Place,
    Search,
    abilities_with,
    ability,
    changes_between,
    parse_pattern,
    term,
)
from services.gateway.domain.search import STATES

Clause = dict[str, Any]

_KEYS = {"since": "since", "until": "hold.until"}  # besides the number itself
_COMMON = {"routing", "sku", "vendor", "country"}
_PATHS = {"owner": "holder.org"}  # where it is not the name itself
_PART_OF_A_NUMBER = re.compile(r"[0-9+*?\s\-()./]*[0-9][0-9*?\s\-()./]*", re.ASCII)


def wanted(search: Search, asker: Asker, after: Place | None = None) -> Clause:
    """Give the filter of a search over numbers, from behind a place on."""
    known = NAMES if search.as_of is None else HOLDERS
    clauses = [*_attributes(search, known), *_plain(search), *_times(search), *_allowed(search, asker)]
    if search.shape is not None:
        clauses = [*_looks_like(search.shape, past=search.as_of is not None), *clauses]
    if search.q is not None:
        clauses.append({"$or": _box(search.q, asker, past=search.as_of is not None)})
    if after is not None:
        clauses += _behind(search, after)
    return _together(clauses)


def alike(search: Search, after: Place | None = None) -> Clause:
    """Give the filter of all keys of an index that numbers of such a pattern may have; no number is read for it."""
    assert search.shape is not None
    begins = [{"_id": clause} for clause in [_begins(search.shape)] if clause]
    behind = [] if after is None else _behind(search, after)
    return _together([{"terms": _one_of(search.shape.grams)}, *begins, *behind])


def common(search: Search) -> list[Clause]:
    """Give, one by one, the filters of what many numbers have in common, or few: whoever asks has to look."""
    return [_with_term(name, values) for name, values in _values(search) if name in _COMMON]


def among(numbers: Sequence[str], search: Search, asker: Asker) -> Clause:
    """Give the filter of those of `numbers` that fit a search, of whose pattern all of them are."""
    return _together([{"_id": {"$in": numbers}}, wanted(search.model_copy(update={"pattern": None}), asker)])


def visible(asker: Asker) -> Clause:
    """Give the filter of what the asker may know of, now or in the past."""
    return _together(_allowed(Search(), asker))


def counted(search: Search) -> Clause:
    """Give the filter of a search over counts, for one by nothing else than numbers are counted by."""
    return _together([*_attributes(search, ()), *_plain(search)])


def order(search: Search) -> list[tuple[str, int]]:
    """Give the order of a search; numbers decide between equals, so it is a total one."""
    way = -1 if search.descending else 1
    return [*((_KEYS[search.sort], way) for _ in range(search.sort in _KEYS)), ("_id", way)]


def place(search: Search, entry: Clause) -> Place:
    """Give the place of an entry in the order of a search."""
    if search.sort == "until":
        return Place(entry["_id"], entry["hold"]["until"])
    return Place(entry["_id"], entry["since"] if search.sort == "since" else 0)


def _attributes(search: Search, known: Collection[str]) -> Iterator[Clause]:
    """Give what an attribute must be one of: as terms those that are `known`."""
    if search.subscription is not None:
        yield _of_subscription(search.subscription)
    for name, values in _values(search):
        by_time = name == "state" and (search.sort == "since" or search.since_from or search.since_to)
        if name in known and not by_time:
            yield _with_term(name, values)
        else:
            yield {_PATHS.get(name, name): _one_of(values)}


def _with_term(name: str, values: Sequence[Any]) -> Clause:
    return {"terms": _one_of([term(name, value) for value in values])}


def _of_subscription(name: str) -> Clause:
    return {"terms": {"$in": [term("subscription", name), term("lost", name)]}}


def _values(search: Search) -> Iterator[tuple[str, Sequence[Any]]]:
    given: dict[str, Sequence[Any]] = {name: getattr(search, name) for name in ("routing", "sku", "vendor", "country")}
    given |= {name: (True,) for name in ("golden", "ported_in") if getattr(search, name)}
    given["owner"] = () if search.owner is None else (search.owner,)
    given["state"] = search.state
    if search.sort == "since" and not search.state:
        given["state"] = STATES  # then the index by state and since gives the order
    if search.capability:
        exactly = [ability(search.capability)]
        given["able"] = exactly if search.exactly else abilities_with(search.capability)
    return ((name, given[name]) for name in NAMES if given.get(name))


def _plain(search: Search) -> Iterator[Clause]:
    """Give what nothing is found by, only left out."""
    yield from ({name: False} for name in ("golden", "ported_in") if getattr(search, name) is False)
    if search.charged is not None:
        yield {"hold.charged": search.charged}
    if search.cause:
        yield {"hold.cause": _one_of(search.cause)}
    if search.visible_to is not None:
        yield {"visible_to": {"$in": [[], search.visible_to]}}


def _times(search: Search) -> Iterator[Clause]:
    if search.as_of is not None:
        yield {"at": {"$lte": milliseconds_of(search.as_of)}}
    for name, field in _KEYS.items():
        begin, end = getattr(search, f"{name}_from"), getattr(search, f"{name}_to")
        limits: Clause = {} if begin is None else {"$gte": milliseconds_of(begin)}
        limits |= {} if end is None else {"$lt": milliseconds_of(end)}
        if name == "until" and begin is None and (limits or search.sort == "until"):
            limits["$gt"] = 0  # what has no end is in no range, and the index has only what has one
        if limits:
            yield {field: limits}


def _allowed(search: Search, asker: Asker) -> list[Clause]:
    """Keep to what the asker may see: own numbers, and those for everybody or their domains that are not golden."""
    if asker.may_manage:
        return []
    own = _own(asker)
    if asker.is_confined(search):
        return [own]
    return [{"$or": [own, {"golden": False, "visible_to": {"$in": [[], *asker.domains]}}]}]


def _own(asker: Asker) -> Clause:
    return {"terms": term("owner", asker.org)} if asker.org is not None else {"_id": {"$in": []}}


def _looks_like(pattern: Pattern, *, past: bool) -> list[Clause]:
    begins = _begins(pattern)
    if pattern.anchored and len(pattern.prefix) > len("".join(pattern.segments)):
        return [{"_id": begins}] if begins else []  # nothing but a beginning
    if past:  # which has no terms for digits
        return [{"number": {"$regex": pattern.regex}}, *([{"_id": begins}] if begins else [])]
    clauses: list[Clause] = [{"_id": begins | {"$regex": pattern.regex}}]
    return [{"terms": _one_of(pattern.grams)}, *clauses] if pattern.grams else clauses


def _begins(pattern: Pattern) -> Clause:
    return {"$gte": pattern.prefix, "$lt": pattern.prefix + ":"} if len(pattern.prefix) > 1 else {}


def _box(text: str, asker: Asker, *, past: bool) -> list[Clause]:
    own: list[Clause] = [] if asker.may_manage else [_own(asker)]
    names: list[Clause] = [_together([_of_subscription(text), *own])]
    if asker.may_manage or text == asker.org:
        names.append({"terms": term("owner", text)})
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
