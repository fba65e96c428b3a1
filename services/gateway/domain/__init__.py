"""What can be asked of the stock of numbers. Pure: values in, values out.

`search` is what is asked, by which `asker`, `presets` what is asked every day, `pattern` the language for parts of
numbers, `cursor` where a page ended; `entry` is a number as the catalogue has it, `terms` what it is found by, `change`
how it became so, `outcome` what came of a command, `answer` what of a row of a job, `grade` says how golden a number
is.
For many numbers at once `verb` says which columns a file may have, `cell` and `row` what stands in it, `foresight` and
`plan` what it would come to, `job` how it goes on.
Over HTTP `token` says who asks, `bucket` how often, `permission` what an org may change, `repeat` what comes again.
"""

from services.gateway.domain.answer import Answer, Spot, row_command_id, spot_of
from services.gateway.domain.asker import OPERATOR, Asker
from services.gateway.domain.bucket import Bucket
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
from services.gateway.domain.permission import is_for_operators, objection
from services.gateway.domain.place import read_place, written_place
from services.gateway.domain.presets import PRESETS, begun, continued, preset
from services.gateway.domain.repeat import command_id, fingerprint, is_command_of, is_key, new_seed
from services.gateway.domain.search import Search, WrongSearch
from services.gateway.domain.terms import HOLDERS, NAMES, Term, term
from services.gateway.domain.token import SCOPES, Scope, Token, TokenWish, digest, looks_like_secret, secret_of

__all__ = [
    "HOLDERS",
    "NAMES",
    "OPERATOR",
    "PREFIX",
    "PRESETS",
    "SCOPES",
    "Answer",
    "Asker",
    "Bucket",
    "Earned",
    "Entry",
    "Grade",
    "Outcome",
    "Pattern",
    "Place",
    "Scope",
    "Search",
    "Sort",
    "Spot",
    "Term",
    "Token",
    "TokenWish",
    "WrongPattern",
    "WrongSearch",
    "abilities_with",
    "ability",
    "begun",
    "change_id",
    "change_of",
    "changes",
    "changes_between",
    "command_id",
    "continued",
    "cursor_of",
    "digest",
    "entry_after",
    "entry_at",
    "entry_of",
    "fingerprint",
    "grade",
    "grams_of",
    "is_command_of",
    "is_for_operators",
    "is_key",
    "looks_like_secret",
    "new_seed",
    "objection",
    "outcome_of",
    "parse_pattern",
    "place_of",
    "preset",
    "read_place",
    "row_command_id",
    "secret_of",
    "sort_of",
    "spot_of",
    "term",
    "written_place",
]
