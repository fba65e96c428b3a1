"""How golden a number is: each rule is named, gives points, and shows the digits that earn them."""

from collections.abc import Callable, Iterator
from itertools import groupby
from typing import NamedTuple

BEST = 100
LOOKED_AT = 8  # the last digits: what people remember of a number


class Earned(NamedTuple):
    """Points by one rule. `digits`: those that earn them."""

    rule: str
    points: int
    digits: str
    why: str


class Grade(NamedTuple):
    """How golden a number is, from 0 to 100, and why."""

    points: int
    rules: tuple[Earned, ...]


def grade(number: str) -> Grade:
    """Grade a canonical number by its last eight digits."""
    digits = number.removeprefix("+")[-LOOKED_AT:]
    earned = tuple(found for rule in RULES if (found := rule(digits)) is not None)
    return Grade(min(sum(each.points for each in earned), BEST), earned)


def _run(digits: str) -> Earned | None:
    longest = max(("".join(group) for _, group in groupby(digits)), key=len)
    points = {3: 10, 4: 25, 5: 40, 6: 60, 7: 80, 8: 100}.get(len(longest), 0)
    return _earned("run", points, longest, f"{len(longest)} times the same digit in a row")


def _ending(digits: str) -> Earned | None:
    length = len(digits) - len(digits.rstrip(digits[-1]))
    return _earned("ending", 10 if length >= 3 else 0, digits[-length:], f"ends with {length} equal digits")


def _ladder(digits: str) -> Earned | None:
    longest = max((way for step in (1, -1) for way in _ways(digits, step)), key=len)
    points = {4: 15, 5: 25, 6: 40, 7: 60, 8: 80}.get(len(longest), 0)
    return _earned("ladder", points, longest, f"{len(longest)} digits that count on")


def _ways(digits: str, step: int) -> Iterator[str]:
    begin = 0
    for at in range(1, len(digits) + 1):
        if at == len(digits) or int(digits[at]) - int(digits[at - 1]) != step:
            yield digits[begin:at]
            begin = at


def _mirror(digits: str) -> Earned | None:
    for length, points in ((8, 40), (6, 20), (4, 10)):
        ending = digits[-length:]
        if len(ending) == length and ending == ending[::-1] and len(set(ending)) > 1:
            return _earned("mirror", points, ending, "reads the same backwards")
    return None


def _echo(digits: str) -> Earned | None:
    for size, times, points in ((2, 4, 60), (4, 2, 40), (2, 3, 35), (3, 2, 25), (2, 2, 15)):
        block = digits[-size:]
        if digits.endswith(block * times) and len(digits) >= size * times and len(set(block)) > 1:
            return _earned("echo", points, block * times, f"{block} {times} times over, as in ABAB")
    return None


def _pairs(digits: str) -> Earned | None:
    pairs = 0
    while (pair := digits[len(digits) - 2 * pairs - 2 : len(digits) - 2 * pairs]) and pair == pair[0] * 2:
        pairs += 1
    ending = digits[len(digits) - 2 * pairs :]
    points = {2: 15, 3: 30, 4: 50}.get(pairs, 0) if len(set(ending)) > 1 else 0
    return _earned("pairs", points, ending, f"{pairs} pairs, as in AABB")


def _few(digits: str) -> Earned | None:
    kinds = len(set(digits))
    points = {1: 50, 2: 30, 3: 15}.get(kinds, 0) if len(digits) > 2 * kinds else 0
    return _earned("few digits", points, "".join(sorted(set(digits))), f"only {kinds} different among {len(digits)}")


def _year(digits: str) -> Earned | None:
    return _earned("year", 5 if digits[-4:-2] in ("19", "20") else 0, digits[-4:], "ends like a year")


def _earned(rule: str, points: int, digits: str, why: str) -> Earned | None:
    return Earned(rule, points, digits, why) if points else None


RULES: tuple[Callable[[str], Earned | None], ...] = (
    _run, _ending, _ladder, _mirror, _echo, _pairs, _few, _year,
)  # fmt: skip
