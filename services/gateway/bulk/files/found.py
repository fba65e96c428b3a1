"""What a format finds in a file, before anybody knows what it is for."""

from collections.abc import Mapping
from typing import Any, NamedTuple


class Found(NamedTuple):
    """A row as it was found. `fields`: values by column, text as in CSV or as JSON has them, none of them absent."""

    line: int
    fields: Mapping[str, Any]


class Broken(NamedTuple):
    """What is no row. `text`: the beginning of it; `code` for machines, `reason` a sentence."""

    line: int
    text: str
    code: str
    reason: str


def cut_off(line: int, text: str) -> Broken:
    """Give what a file is that ends in the middle of a line."""
    return Broken(
        line, text, "cut_off", "The file ends in the middle of this line; it may be incomplete: get it again."
    )
