"""Numbers as people and programs see them, as inventory's events tell them; and tokens, without their secrets."""

from operator import itemgetter
from typing import Any

from contracts.fields import format_instant, format_milliseconds
from contracts.inventory import NumberEvent
from services.gateway.domain import Asker, Entry, Token, entry_at

_FIELDS = (
    "state", "previous", "version", "since", "hold", "holder", "subscription", "remark", "reason", "vendor", "country",
    "sku", "number_type", "capabilities", "routing", "golden", "ported_in", "visible_to", "partner",
)  # fmt: skip
_NAMES, _values = ("number", *_FIELDS), itemgetter("_id", *_FIELDS)
_ATTRIBUTES = ("correlationid", "causationid", "actor")


def shown(entry: Entry) -> dict[str, Any]:
    """Give the data of the latest event of a number."""
    data = dict(zip(_NAMES, _values(entry), strict=True))
    data["since"] = _time(entry["since"])
    if (hold := entry["hold"]) is not None:
        data["hold"] = {**hold, "until": _time(hold["until"]), "free_until": _time(hold["free_until"])}
    return data


def shown_change(change: Entry, asker: Asker) -> dict[str, Any]:
    """Give a change of a number as the event that told of it; who asked, and by what, only to whom that concerns."""
    told = {"id": change["event"], "source": "/inventory", "type": change["type"], "subject": change["number"]}
    asked = {name: change[name] for name in _ATTRIBUTES}
    return _told({**told, "time": _time(change["at"])}, asked, shown(entry_at(change)), asker)


def shown_event(event: NumberEvent, data: dict[str, Any], asker: Asker) -> dict[str, Any]:
    """Give an event of inventory; who asked, and by what, only to whom that concerns."""
    told = {name: getattr(event, name) for name in ("id", "source", "type", "subject")}
    asked = {name: getattr(event, name) for name in _ATTRIBUTES}
    return _told({**told, "time": None if event.time is None else format_instant(event.time)}, asked, data, asker)


def _told(told: dict[str, Any], asked: dict[str, Any], data: dict[str, Any], asker: Asker) -> dict[str, Any]:
    concerned = asker.may_manage or asker.has(data)
    attributes = {name: value for name, value in asked.items() if concerned and value is not None}
    return {**told, **attributes, "data": asker.sees(data)}


def shown_token(token: Token) -> dict[str, Any]:
    """Give what people may see of a token."""
    times = {name: getattr(token, name) for name in ("created", "expires", "revoked")}
    told = {name: None if at is None else format_instant(at) for name, at in times.items()}
    return {"name": token.name, "org": token.org, "domains": token.domains, "scopes": token.scopes, **told}


def _time(stored: int | None) -> str | None:
    return None if stored is None else format_milliseconds(stored)
