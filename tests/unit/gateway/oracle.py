"""A naive reading of searches, over the data of events: what fits, who may see it, and in which order."""

from typing import Any

from contracts.fields import parse_instant
from services.gateway.domain import Asker, Search, parse_pattern
from tests.unit.gateway.stock import NOON


def visible(data: dict[str, Any], search: Search, asker: Asker) -> bool:
    if asker.may_manage:
        return True
    own = asker.org is not None and (data["holder"] or {}).get("org") == asker.org
    about_holders = (
        search.subscription, search.owner, search.cause or None, search.charged, search.until_from, search.until_to,
    )  # fmt: skip
    elsewhere = search.visible_to not in (None, *asker.domains)
    if any(each is not None for each in about_holders) or search.sort == "until" or elsewhere:
        return own
    public = not data["golden"] and (not data["visible_to"] or bool(set(asker.domains) & set(data["visible_to"])))
    box = search.q is None or search.q in data["number"] or own
    return (own or public) and box


def fits(data: dict[str, Any], search: Search) -> bool:
    hold, org = data["hold"] or {}, (data["holder"] or {}).get("org")
    lost, has = hold.get("subscription"), data["subscription"]
    until = parse_instant(hold["until"]) if hold.get("until") else None
    since, able = parse_instant(data["since"]), set(data["capabilities"])
    plain = all(
        not getattr(search, name) or data[name] in getattr(search, name)
        for name in ("state", "sku", "vendor", "country", "routing")
    )
    flags = all(getattr(search, name) in (None, data[name]) for name in ("golden", "ported_in"))
    ranged = until is not None or (search.until_from is search.until_to is None and search.sort != "until")
    return (
        plain and flags and ranged
        and (search.pattern is None or parse_pattern(search.pattern).matches(data["number"]))
        and (not search.capability or set(search.capability) <= able)
        and (not search.exactly or set(search.capability) == able)
        and (search.charged is None or hold.get("charged") is search.charged)
        and (search.visible_to is None or not data["visible_to"] or search.visible_to in data["visible_to"])
        and (search.subscription is None or search.subscription in (has, lost))
        and (search.owner is None or search.owner == org)
        and (not search.cause or hold.get("cause") in search.cause)
        and (search.until_from is None or (until is not None and until >= search.until_from))
        and (search.until_to is None or (until is not None and until < search.until_to))
        and (search.since_from is None or since >= search.since_from)
        and (search.since_to is None or since < search.since_to)
        and (search.q is None or search.q in data["number"] or search.q in (has, lost, org))
    )  # fmt: skip


def key(data: dict[str, Any], search: Search) -> Any:
    if search.sort == "since":
        return parse_instant(data["since"]), data["number"]
    return (parse_instant(data["hold"]["until"]) if search.sort == "until" else NOON), data["number"]
