"""What may happen to a number, and what follows. Pure: values in, values out.

`number` has the values, `checks`, `claims` and `undoing` the reasons to refuse, `changes` what each command does,
and `decision` the table that joins them.
"""

from services.inventory.domain.decision import DECISIONS, Decided, Decision, decide
from services.inventory.domain.number import Attributes, Classified, Former, Hold, Holder, Number, Rejected, Terms

__all__ = [
    "DECISIONS",
    "Attributes",
    "Classified",
    "Decided",
    "Decision",
    "Former",
    "Hold",
    "Holder",
    "Number",
    "Rejected",
    "Terms",
    "decide",
]
