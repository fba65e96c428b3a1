"""Cells that no spreadsheet takes for a formula."""

import re
from typing import Any

from services.gateway.export.columns import COLUMNS

# What begins a formula, also in full width, behind blanks too; and the apostrophe, so that dropping it is exact.
_FORMULA = re.compile(r"\s*[=+\-@'\uff1d\uff0b\uff0d\uff20]|[\t\r\n]")
_FREE = [column.kind in ("text", "list") for column in COLUMNS]


def is_risky(value: str) -> bool:
    """Tell whether a spreadsheet may take a text for a formula."""
    return _FORMULA.match(value) is not None


def safe(value: str) -> str:
    """Give a text that stays one: with an apostrophe before it where it is risky. Whoever reads drops that one."""
    return "'" + value if is_risky(value) else value


def cells_of(row: list[Any]) -> list[str]:
    """Give the texts of a row's cells. Numbers keep their leading `+`."""
    return [safe(said(value)) if free else said(value) for value, free in zip(row, _FREE, strict=True)]


def said(value: Any) -> str:
    """Give a value as text: lists with commas, nothing for None."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, list):
        return ",".join(value)
    return str(value).lower() if isinstance(value, bool) else str(value)
