"""What may be shown of telephone numbers and addresses where people look who are not concerned."""

import re

_NUMBER = re.compile(r"\+\d{7,15}(?!\d)")
_ADDRESS = re.compile(r"[^\s<>\"'@\\]+@[^\s<>\"'@\\]+")
KEPT, HIDDEN = 5, 5  # digits from the start, at most; digits at the end, at least


def masked_number(number: str) -> str:
    """Give a number with its country and area, and stars. Example: `+65315*****`."""
    kept = max(min(KEPT, len(number) - 1 - HIDDEN), 1)
    return number[: 1 + kept] + "*" * (len(number) - 1 - kept)


def masked(text: str) -> str:
    """Give text whose telephone numbers and e-mail addresses cannot be read."""
    return _ADDRESS.sub("***@***", _NUMBER.sub(lambda found: masked_number(found[0]), text))
