"""Numbers and times as people write them, made canonical at the edges: command line, HTTP and files."""

import re
from collections.abc import Iterable

from contracts.fields import format_instant, parse_instant

_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_DECORATION = re.compile(r"[\s\-\u2010-\u2015()]+")
_CANONICAL = re.compile(r"\+[0-9]{7,15}", re.ASCII)


def canonical(text: str) -> str:
    """Give a number in canonical E.164: `0065 3158-0001` becomes `+6531580001`. Raises `ValueError`."""
    bare = _DECORATION.sub("", text)
    number = "+" + bare[2:] if bare.startswith("00") else bare
    if _CANONICAL.fullmatch(number) and "(0)" not in text:
        return number
    raise ValueError(f"{text!r} is no telephone number: {_advice(text, number)}.")


def written_in(texts: Iterable[str]) -> list[str]:
    """Give the numbers of several texts as they are written, each text one or more with commas between."""
    return [part.strip() for text in texts for part in text.split(",") if part.strip()]


def moment_in(text: str) -> str:
    """Give a time as the wire has it; a date is its first moment in UTC. Raises `ValueError`."""
    return format_instant(parse_instant(f"{text}T00:00:00Z" if _DATE.fullmatch(text) else text))


def _advice(text: str, number: str) -> str:
    if "(0)" in text:
        return "leave out the (0), which is not dialled from abroad"
    if re.fullmatch(r"[1-9][0-9]{6,14}", number, re.ASCII):
        return f"it must begin with its country, such as +{number}"
    return "it must be + and 7 to 15 digits, such as +6531580001"
