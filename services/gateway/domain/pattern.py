"""Patterns: our own small language for parts of telephone numbers, never anybody's regular expression.

A leading `+` anchors at the start, else a pattern may match anywhere. `*` stands for any run of digits, `?` for one
digit, a letter for its key on a telephone; spaces and dashes are there for people.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import product
from typing import NamedTuple

LONGEST = 15  # digits of a number
MOST_SYMBOLS = 64  # as it is written
MOST_RUNS = 6  # `*`: each multiplies what has to be tried
ANY, RUN = "?", "*"
_KEYS = {letter: key for key, letters in {
    "2": "ABC", "3": "DEF", "4": "GHI", "5": "JKL", "6": "MNO", "7": "PQRS", "8": "TUV", "9": "WXYZ",
}.items() for letter in letters}  # fmt: skip
_DIGITS = "0123456789"
_DECORATION = " -()./"
_WINDOW = 4  # digits that are indexed together
_TAIL = 10_000  # added to the last three digits of a number, which no whole window begins
_MOST_GRAMS = 200  # that are worth looking up; MongoDB merges no more of them in order


class WrongPattern(ValueError):
    """A pattern that cannot be meant; the message says what is wrong and what would be right."""


@dataclass(frozen=True)
class Pattern:
    """What a number has to look like. `segments`: what lies between runs, of digits and `?`."""

    anchored: bool
    segments: tuple[str, ...]

    @cached_property
    def regex(self) -> str:
        """Give it as a regular expression over canonical numbers, for the database and for Python.

        A segment is taken where it comes first behind the one before, and nowhere else: that leaves most to what
        follows. So nothing is tried twice, however many runs there are.
        """
        first, *rest = (segment.replace(ANY, "[0-9]") for segment in self.segments)
        return (r"^\+" if self.anchored else "") + first + "".join(f"(?>[0-9]*?{segment})" for segment in rest)

    @cached_property
    def prefix(self) -> str:
        """Give what every match begins with; "" if it may begin with anything."""
        return "+" + re.split(r"\?", self.segments[0])[0] if self.anchored else ""

    @cached_property
    def grams(self) -> tuple[int, ...]:
        """Give the grams of which every match has one, as few as can be; none: no gram tells matches apart."""
        return () if self._window is None else self._window.grams

    @cached_property
    def is_loose(self) -> bool:
        """Tell whether much that begins so and has one of the grams does not match: neither tells all its digits."""
        if self._window is None:
            return False
        digits = {(nth, at) for nth, part in enumerate(self.segments) for at, char in enumerate(part) if char != ANY}
        begun = {(0, at) for at in range(self._known)}
        return bool(digits - begun - self._window.places)

    @cached_property
    def _window(self) -> "_Window | None":
        # A window inside of what all begin with tells nothing.
        told = (each for each in _windows(self.segments) if max(each.places) >= (0, self._known))
        # The end of a number tells more than its beginning, which it shares with its neighbours.
        return min(reversed(list(told)), key=lambda each: len(each.grams), default=None)

    @property
    def _known(self) -> int:
        return max(0, len(self.prefix) - 1)

    def matches(self, number: str) -> bool:
        """Tell whether a canonical number looks like this."""
        return self._compiled.search(number) is not None

    @cached_property
    def _compiled(self) -> re.Pattern[str]:
        return re.compile(self.regex)


@lru_cache(maxsize=1024)
def parse_pattern(text: str) -> Pattern:
    """Read a pattern. Raises `WrongPattern`."""
    if len(text) > MOST_SYMBOLS:
        raise WrongPattern(f"is {len(text)} characters long; write at most {MOST_SYMBOLS}")
    bare = "".join(char for char in text if char not in _DECORATION)
    anchored = bare.startswith("+")
    symbols = "".join(map(_symbol, bare.removeprefix("+")))
    if not symbols:
        raise WrongPattern("is empty; write part of a number, such as 6531 or +65*888")
    segments = tuple(re.split(r"\*+", symbols))
    if len(segments) > MOST_RUNS + 1:
        raise WrongPattern(f"has {len(segments) - 1} runs (*); write at most {MOST_RUNS}")
    if (digits := sum(map(len, segments))) > LONGEST:
        raise WrongPattern(f"asks for {digits} digits, and no number has more than {LONGEST}")
    if not anchored:  # a run at either end of what may match anywhere says nothing
        segments = segments[_leading(segments) : len(segments) - _leading(segments[::-1])] or ("",)
    return Pattern(anchored, segments)


def grams_of(number: str) -> list[int]:
    """Give what a canonical number is found by: each four digits in a row, and the last three."""
    digits = number[1:]
    whole = [int(digits[at : at + _WINDOW]) for at in range(len(digits) - _WINDOW + 1)]
    return list(dict.fromkeys([*whole, _TAIL + int(digits[-3:])]))


def _symbol(char: str) -> str:
    if char in (ANY, RUN) or char in _DIGITS:
        return char
    if (key := _KEYS.get(char.upper())) is not None:
        return key
    if char == "+":
        raise WrongPattern("has + inside; it may only stand at the beginning, where it anchors the pattern")
    if char.isdecimal():
        raise WrongPattern(f"has the digit {char!r}; write it as {int(char)}")
    raise WrongPattern(f"has {char!r}; write digits, letters of a keypad, ? for one digit, * for any run of digits")


def _leading(segments: Sequence[str]) -> int:
    return next((at for at, segment in enumerate(segments) if segment), len(segments))


class _Window(NamedTuple):
    """Digits that are indexed together. `places`: segment and place in it of each symbol."""

    grams: tuple[int, ...]
    places: frozenset[tuple[int, int]]


def _windows(segments: Sequence[str]) -> Iterator[_Window]:
    """Give the windows that fit into segments and are worth looking up, from the left."""
    for nth, segment in enumerate(segments):
        for at in range(max(1, len(segment) - _WINDOW + 1)):
            symbols = segment[at : at + _WINDOW]
            short = len(symbols) < _WINDOW  # then the window goes one digit further, or the number ends here
            if len(symbols) < _WINDOW - 1 or 10 ** symbols.count(ANY) * (11 if short else 1) > _MOST_GRAMS:
                continue
            ends = [_TAIL + gram for gram in _grams(symbols)] if short else []
            places = frozenset((nth, at + further) for further in range(len(symbols)))
            yield _Window((*_grams(symbols + ANY if short else symbols), *ends), places)


def _grams(window: str) -> list[int]:
    return [int("".join(digits)) for digits in product(*(_DIGITS if char == ANY else char for char in window))]
