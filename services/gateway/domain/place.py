"""Places in a stream of changes: opaque, the next offset of each partition."""

import base64
import binascii
import json
from collections.abc import Sequence

_LONGEST = 100_000  # characters


def written_place(offsets: Sequence[int]) -> str:
    """Write a place."""
    return base64.urlsafe_b64encode(json.dumps(list(offsets), separators=(",", ":")).encode()).decode().rstrip("=")


def read_place(text: str) -> list[int] | None:
    """Read a place; None if it is none."""
    try:
        if len(text) > _LONGEST or not text.isascii():
            return None
        found = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
    except (ValueError, binascii.Error, RecursionError):
        return None
    whole = isinstance(found, list) and all(type(each) is int and 0 <= each < 2**63 for each in found)
    return found if whole else None
