"""Documents asked for some at a time."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

PAGE = 1_000  # documents asked for at once
T = TypeVar("T")


def pages(every: Iterable[T]) -> Iterator[Sequence[T]]:
    """Give all, so many at once."""
    left = iter(every)
    while page := list(islice(left, PAGE)):
        yield page
