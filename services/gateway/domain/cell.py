"""What a cell of a file says: a number as people and spreadsheets write it, a field of the data as text."""

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from contracts.leaves import Leaf
from contracts.writing import canonical, moment_in
from services.gateway.domain.verb import Verb, WrongData

NEVER = "never"
_FLAGS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_FLOAT = re.compile(r"\+?\d+([.,]\d+)?E\+?\d+|\+?\d{7,}[.,]0+", re.ASCII | re.IGNORECASE)
_WHOLE = re.compile(r"\d{1,16}", re.ASCII)
_NO_PLUS = re.compile(r"[1-9]\d{6,14}", re.ASCII)


def read_number(text: str) -> str:
    """Give the canonical number. Raises `WrongData` with a code for each usual way of being none."""
    bare = text.strip()
    if foreign := [char for char in bare if char.isdigit() and not char.isascii()]:
        named = unicodedata.name(foreign[0], "a digit")
        raise WrongData("foreign_digits", f"{bare!r} has {foreign[0]} ({named}); write digits as 0 to 9.")
    if _FLOAT.fullmatch(bare):
        raise WrongData(
            "spreadsheet_number",
            f"{bare} is what a spreadsheet made of a number: the plus sign is gone, and perhaps its last digits; "
            "format that column as text, and write +6531580001.",
        )
    if _NO_PLUS.fullmatch(bare):
        raise WrongData(
            "wrong_number", f"{bare} has no plus sign, which a spreadsheet may have eaten; +{bare} would be a number."
        )
    try:
        return canonical(bare)
    except ValueError as error:
        raise WrongData("wrong_number", f"{error}" if bare else "There is no number in this row.") from None


def read_cell(leaf: Leaf, text: str) -> Any:
    """Give the value of a field that is written as text. Raises `WrongData`; what is left to the contract passes."""
    if leaf.many:
        return [part.strip() for part in text.split(",") if part.strip()]
    if leaf.kind == "flag":
        return _told(leaf, _FLAGS.get(text.strip().lower()), text, "true or false")
    if leaf.kind == "version":
        return _told(leaf, int(text) if _WHOLE.fullmatch(text.strip()) else None, text, "a whole number")
    if leaf.kind == "time":
        return _time(leaf, text.strip())
    return text


def common_data(verb: Verb, given: Mapping[str, str]) -> dict[str, Any]:
    """Give the data of all rows from fields by column; one without text is null. Raises `WrongData`."""
    flat: dict[str, Any] = {}
    for column, text in given.items():
        if column not in verb.leaves:
            known = ", ".join(verb.leaves)
            raise WrongData("wrong_field", f"{verb.name} does not know the field {column!r}; it knows {known}.")
        flat[column] = read_cell(verb.leaves[column], text) if text else None
    return nested(flat)


def nested(flat: Mapping[str, Any]) -> dict[str, Any]:
    """Give data of fields by column: `{"holder.org": "acme"}` becomes `{"holder": {"org": "acme"}}`."""
    data: dict[str, Any] = {}
    for column, value in flat.items():
        *outer, name = column.split(".")
        inside = data
        for part in outer:
            inside = inside.setdefault(part, {})
        inside[name] = value
    return data


def merged(own: Mapping[str, Any], common: Mapping[str, Any]) -> dict[str, Any]:
    """Give the data of a row, where what is common to all rows counts before its own."""
    data = {**own, **common}
    for name in own.keys() & common.keys():
        if isinstance(own[name], dict) and isinstance(common[name], dict):
            data[name] = {**own[name], **common[name]}
    return data


def _time(leaf: Leaf, text: str) -> str | None:
    if text == NEVER and leaf.nullable and leaf.path[-1] in ("until", "free_until"):
        return None
    try:
        return moment_in(text)
    except ValueError:
        raise _wrong(leaf, text, "a time such as 2026-03-01T00:00:00Z, or 2026-03-01 for its first moment") from None


def _told(leaf: Leaf, value: Any, text: str, right: str) -> Any:
    if value is None:
        raise _wrong(leaf, text, right)
    return value


def _wrong(leaf: Leaf, text: str, right: str) -> WrongData:
    return WrongData("wrong_field", f"{'.'.join(leaf.path)}: {text[:100]!r} must be {right}.")
