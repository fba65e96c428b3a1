"""What an org may ask of inventory with its own token; operators may ask everything."""

from collections.abc import Mapping
from typing import Any

from services.gateway.domain.asker import Asker

_OF_ORGS = ("number.reserve", "number.release")  # an extension names a DID Reservation, which provisioning checks


def is_for_operators(command: str, asker: Asker) -> bool:
    """Tell whether this command is none that the asker may ever give."""
    return not asker.may_manage and command not in _OF_ORGS


def objection(command: str, asker: Asker, number: Mapping[str, Any], data: Mapping[str, Any]) -> str | None:
    """Give why the asker may not give this command to a number that they see; None if they may."""
    if asker.may_manage:
        return None
    if command == "number.reserve" and (data.get("holder") or {}).get("org") != asker.org:
        return "holder.org must be the org of the token: nobody reserves for others."
    if command != "number.reserve" and not asker.has(number):
        return "The org of the token does not hold this number; only its holder, or an operator, may do this."
    return None
