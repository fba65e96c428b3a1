"""What the numbering plans of the world say of a number: whether it can be one, and its type."""

from collections.abc import Callable
from functools import lru_cache

from phonenumbers import (
    NumberParseException,
    PhoneNumberFormat,
    PhoneNumberType,
    format_number,
    is_possible_number,
    is_valid_number,
    number_type,
    parse,
)

from services.inventory.domain import Classified

TYPES = {getattr(PhoneNumberType, name): name.lower() for name in vars(PhoneNumberType) if name.isupper()}


def classifier(*, strict: bool) -> Callable[[str], Classified]:
    """Make the function that classifies; `strict` refuses ranges that nobody was given."""

    # A number that joins is asked about twice: whether it may, and what it is.
    @lru_cache(maxsize=1)
    def classify(number: str) -> Classified:
        return _classified(number, strict)

    return classify


def _classified(number: str, strict: bool) -> Classified:
    try:
        parsed = parse(number)
    except NumberParseException:
        return Classified("unknown", f"{number} begins with no country code that is in use; check its first digits.")
    if not is_possible_number(parsed):
        return Classified("unknown", f"{number} has too few or too many digits for its country; check their number.")
    written = format_number(parsed, PhoneNumberFormat.E164)
    if written != number:
        return Classified("unknown", f"{number} has digits that are not part of it; {written} would be right.")
    if strict and not is_valid_number(parsed):
        return Classified("unknown", f"{number} lies in a range that is not in use; use a number that was given out.")
    return Classified(TYPES.get(number_type(parsed), "unknown"))
