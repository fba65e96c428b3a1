"""JSON Lines: an object a line, nested or with dots."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson

from services.gateway.bulk.files.found import Broken, Found, cut_off
from services.gateway.bulk.files.lines import Line


def objects(lines: Iterable[Line]) -> Iterator[Found | Broken]:
    """Give the objects; empty lines are passed over."""
    for line in lines:
        if line.long:
            yield line.too_long
        elif line.text.strip():
            yield _object(line)


def flat(value: Mapping[str, Any]) -> dict[str, Any]:
    """Give the values by column. An object that is null has none."""
    columns: dict[str, Any] = {}
    for name, each in value.items():
        if isinstance(each, dict):
            columns |= {f"{name}.{inner}": within for inner, within in each.items()}
        else:
            columns[name] = each
    return columns


def _object(line: Line) -> Found | Broken:
    try:
        value = orjson.loads(line.text)
    except orjson.JSONDecodeError as error:
        if not line.whole:
            return cut_off(line.number, line.text)
        return Broken(line.number, line.text, "not_json", f"This line is no JSON: {error}; each must be an object.")
    if not isinstance(value, dict):
        reason = 'This line is no JSON object, such as {"number": "+6531580001"}.'
        return Broken(line.number, line.text, "not_json", reason)
    return Found(line.number, flat(value))
