"""A row of a file: a number and the data of its command, or why it cannot be one."""

from typing import Any, NamedTuple

SHOWN = 100  # characters of what was refused that are kept


class Row(NamedTuple):
    """A row that can be carried out. `line`: where it begins in the file, from 1; `data`: its own, as JSON has it."""

    line: int
    number: str
    data: dict[str, Any]


class Refused(NamedTuple):
    """A row that cannot. `text`: what was there in place of the number; `code` for machines, `reason` a sentence."""

    line: int
    text: str
    code: str
    reason: str

    @classmethod
    def of(cls, line: int, text: str, code: str, reason: str) -> "Refused":
        """Refuse a row, keeping a bounded part of its text."""
        return cls(line, text if len(text) <= SHOWN else text[: SHOWN - 1] + "\u2026", code, reason)


class WrongFile(ValueError):
    """A file that cannot be meant as a whole; the message names the line or column, and what would be right."""
