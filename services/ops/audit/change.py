"""A change of a number, as its event tells it."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from services.ops.dead_letters import Place


class Change(NamedTuple):
    """A number after a change. `value`: the whole event, in bytes."""

    type: str
    id: str
    number: str
    version: int
    state: str
    previous: str | None
    since: str
    hold: Mapping[str, Any] | None
    org: str | None
    subscription: str | None
    reason: str | None
    value: bytes
    place: Place


def change_in(envelope: Mapping[str, Any], value: bytes, place: Place) -> Change:
    """Read a change. Raises `KeyError`, `TypeError` or `ValueError` when it is none."""
    data = envelope["data"]
    holder, hold, version = data["holder"], data["hold"], data["version"]
    if type(version) is not int or data["number"] != envelope["subject"]:
        raise ValueError("version or number")
    if hold is not None:
        hold = {"placed": hold["placed"], "until": hold["until"]}
    return Change(
        envelope["type"], envelope["id"], data["number"], version, data["state"], data["previous"], data["since"],
        hold, None if holder is None else holder["org"], data["subscription"], data["reason"], value, place,
    )  # fmt: skip
