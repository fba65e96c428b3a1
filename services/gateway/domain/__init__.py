"""What can be asked of the stock of numbers. Pure: values in, values out.

`search` is what is asked, by which `asker`, `presets` what is asked every day, `pattern` the language for parts of
numbers, `cursor` where a page ended; `entry` is a number as the catalogue has it, `change` how it became so, `outcome`
what came of a command, `grade` says how golden a number is.
"""

from services.gateway.domain.asker import OPERATOR, Asker
from services.gateway.domain.change import change_id, change_of, changes_between, entry_after, entry_at
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
from services.gateway.domain.outcome import PREFIX, Outcome, outcome_of
from services.gateway.domain.pattern import Pattern, WrongPattern, grams_of, parse_pattern
from services.gateway.domain.presets import PRESETS, preset
from services.gateway.domain.search import Search, WrongSearch

__all__ = [
    "OPERATOR",
    "PREFIX",
    "PRESETS",
    "Asker",
    "Earned",
    "Entry",
    "Grade",
    "Outcome",
    "Pattern",
    "Place",
    "Search",
    "Sort",
    "WrongPattern",
    "WrongSearch",
    "abilities_with",
    "ability",
    "change_id",
    "change_of",
    "changes",
    "changes_between",
    "cursor_of",
    "entry_after",
    "entry_at",
    "entry_of",
    "grade",
    "grams_of",
    "outcome_of",
    "parse_pattern",
    "place_of",
    "preset",
    "sort_of",
]
