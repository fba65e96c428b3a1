"""The traffic of every day: customers come and go, so that there is something to see."""

import random
from collections.abc import Iterator, Mapping
from itertools import chain
from math import pi, sin
from typing import Any

from services.ops.demo.cast import CUSTOMERS, EVERYDAY
from services.ops.demo.scenes import Say
from services.ops.demo.story import LATE, RUSH, activated, billing, reserves

PACE = 1.5  # days between two of them
AT_FIRST = 14  # subscriptions on the first day
_POOLS = tuple(tuple(name for name in sort if name not in (*RUSH, *LATE)) for sort in EVERYDAY)
_SIZE = sum(map(len, _POOLS))


class Traffic:
    """Chooses who comes and who goes; the same every time, as far as numbers are free."""

    def __init__(self, numbers: Mapping[str, Mapping[str, Any]]) -> None:
        self._numbers = numbers  # how they stand, as the topics say
        self._chance = random.Random(7)
        self._asked: dict[str, int] = {}  # the version at which a number was asked for last
        self._running: list[str] = []
        self._begun = 0

    def opening(self) -> Iterator[Say]:
        """Give the subscriptions of the first day."""
        for _ in range(AT_FIRST):
            yield from self._begins()

    def next(self, day: float) -> Iterator[Say]:
        """Give what happens now: more come in spring and autumn, more go in between."""
        wanted = 0.42 + 0.22 * sin(4 * pi * day / 365)
        taken = sum(self._numbers[name]["state"] == "assigned" for name in chain(*_POOLS) if name in self._numbers)
        dice = self._chance.random()
        if dice < 0.12:
            yield from self._reserves()
        elif dice < 0.2 and self._running:
            yield billing("renewed", self._chance.choice(self._running))
        elif taken < wanted * _SIZE:
            yield from self._begins()
        elif self._running:
            yield self._ends()

    def _begins(self) -> Iterator[Say]:
        numbers = self._free(self._chance.randint(1, 4))
        if numbers:
            self._begun += 1
            self._running.append(f"S-{1000 + self._begun}")
            yield activated(self._running[-1], self._chance.choice(list(CUSTOMERS)), *numbers)

    def _ends(self) -> Say:
        subscription = self._running.pop(self._chance.randrange(len(self._running)))
        return billing(self._chance.choice(("expired", "terminated")), subscription)

    def _reserves(self) -> Iterator[Say]:
        for number in self._free(1):
            yield reserves(
                number, self._chance.choice(list(CUSTOMERS)), self._chance.choice(("mia", "tom")), "by phone"
            )

    def _free(self, wanted: int) -> list[str]:
        pool = self._chance.choice(_POOLS)
        free = [name for name in pool if self._is_free(name)]
        chosen = self._chance.sample(free, min(wanted, len(free)))
        self._asked.update((name, self._numbers[name]["version"]) for name in chosen)
        return chosen

    def _is_free(self, name: str) -> bool:
        number = self._numbers.get(name)
        return number is not None and number["state"] == "available" and self._asked.get(name) != number["version"]
