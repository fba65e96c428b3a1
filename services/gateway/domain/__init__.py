"""What can be asked of the stock of numbers. Pure: values in, values out.

`search` is what is asked, by which `asker`, `presets` what is asked every day, `pattern` the language for parts of
numbers, `cursor` where a page ended; `entry` is a number as the catalogue has it, `grade` says how golden one is.
"""

from services.gateway.domain.asker import OPERATOR, Asker
from services.gateway.domain.cursor import Place, cursor_of, place_of
from services.gateway.domain.entry import (
    Entry,
    Sort,
    abilities_with,
    ability,
    changes,
    entry_of,
    sort_of,
)
from services.gateway.domain.grade import Earned, Grade, grade
from services.gateway.domain.pattern import Pattern, WrongPattern, grams_of, parse_pattern
from services.gateway.domain.presets import PRESETS, preset
from services.gateway.domain.search import Search, WrongSearch

__all__ = [
    "OPERATOR",
    "PRESETS",
    "Asker",
    "Earned",
    "Entry",
    "Grade",
    "Pattern",
    "Place",
    "Search",
    "Sort",
    "WrongPattern",
    "WrongSearch",
    "abilities_with",
    "ability",
    "changes",
    "cursor_of",
    "entry_of",
    "grade",
    "grams_of",
    "parse_pattern",
    "place_of",
    "preset",
    "sort_of",
]
