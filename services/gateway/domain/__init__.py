"""What can be asked of the stock of numbers. Pure: values in, values out.

`pattern` is the language for parts of numbers, `grade` says how golden one is, `entry` is a number as the catalogue
has it.
"""

from services.gateway.domain.entry import (
    Entry,
    Sort,
    abilities_with,
    ability,
    changes,
    entry_of,
    instant,
    milliseconds,
    sort_of,
)
from services.gateway.domain.grade import Earned, Grade, grade
from services.gateway.domain.pattern import Pattern, WrongPattern, grams_of, parse_pattern

__all__ = [
    "Earned",
    "Entry",
    "Grade",
    "Pattern",
    "Sort",
    "WrongPattern",
    "abilities_with",
    "ability",
    "changes",
    "entry_of",
    "grade",
    "grams_of",
    "instant",
    "milliseconds",
    "parse_pattern",
    "sort_of",
]
