"""What the numbering plans of the world say of a number: whether it can be one, and its type."""

from typing import NamedTuple

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

TYPES = {getattr(PhoneNumberType, name): name.lower() for name in vars(PhoneNumberType) if name.isupper()}


class Planned(NamedTuple):
    """The type of a number. `fault`: why it cannot be one, None if it can."""

    number_type: str
    fault: str | None = None


def planned(number: str, *, strict: bool) -> Planned:
    """Look a canonical number up; `strict` refuses ranges that nobody was given."""
    try:
        parsed = parse(number)
    except NumberParseException:
        return Planned("unknown", f"{number} begins with no country code that is in use; check its first digits.")
    if not is_possible_number(parsed):
        return Planned("unknown", f"{number} has too few or too many digits for its country; check their number.")
    written = format_number(parsed, PhoneNumberFormat.E164)
    if written != number:
        return Planned("unknown", f"{number} has digits that are not part of it; {written} would be right.")
    if strict and not is_valid_number(parsed):
        return Planned("unknown", f"{number} lies in a range that is not in use; use a number that was given out.")
    return Planned(TYPES.get(number_type(parsed), "unknown"))
