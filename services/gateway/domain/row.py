"""A row of a file: a number and the data of its command, or why it cannot be one."""

from typing import Any, NamedTuple

SHOWN = 100  # characters of what was refused that are kept
SAID = 500  # characters of a reason


def cut(text: str, most: int) -> str:
    """Give a text of at most so many characters, with a mark where something is left out."""
    return text if len(text) <= most else text[: most - 1] + "\u2026"


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
        """Refuse a row, keeping a bounded part of its text and reason: some hundred are stored as one document."""
        return cls(line, cut(text, SHOWN), code, cut(reason, SAID))


class WrongFile(ValueError):
    """A file that cannot be meant as a whole; the message names the line or column, and what would be right."""
