"""Numbers as people write them at the command line."""

from collections.abc import Iterable

from contracts import writing
from services.ops.faults import WrongUsage


def canonical(text: str) -> str:
    """Give a number in canonical E.164: `0065 3158-0001` becomes `+6531580001`. Raises `WrongUsage`."""
    try:
        return writing.canonical(text)
    except ValueError as error:
        raise WrongUsage(f"{error}") from None


def canonical_all(texts: Iterable[str]) -> list[str]:
    """Give the numbers of several texts, each one or more with commas between, once each. Raises `WrongUsage`."""
    return list(dict.fromkeys(map(canonical, writing.written_in(texts))))
