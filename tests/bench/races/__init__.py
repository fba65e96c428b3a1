"""The races: one module for each question, which says what it measures and against what mark."""

from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

from tests.bench.figures import Figure
from tests.bench.track import Track


class Race(NamedTuple):
    """One question about speed.

    `patience`: seconds after which it has failed; `cache`: gigabytes of MongoDB's, None for half of the memory.
    """

    name: str
    measures: str
    run: Callable[[Track], Awaitable[Sequence[Figure]]]
    patience: float = 900.0
    cache: float | None = 0.5
