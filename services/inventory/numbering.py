"""The numbering plans as inventory asks them."""

from collections.abc import Callable
from functools import lru_cache

from contracts.numbering import planned
from services.inventory.domain import Classified


def classifier(*, strict: bool) -> Callable[[str], Classified]:
    """Make the function that classifies; `strict` refuses ranges that nobody was given."""

    # A number that joins is asked about twice: whether it may, and what it is.
    @lru_cache(maxsize=1)
    def classify(number: str) -> Classified:
        return Classified(*planned(number, strict=strict))

    return classify
