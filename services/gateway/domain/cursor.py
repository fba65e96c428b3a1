"""Cursors: where a page ended, opaque, and good for no other search than its own."""

import base64
import hashlib
import re
from typing import NamedTuple

from services.gateway.domain.asker import Asker
from services.gateway.domain.search import Search, WrongSearch

DAMAGED = (
    "cursor: is damaged or belongs to another search; give it back as the last page gave it, with the same filters and "
    "order, or begin without it."
)
_CHECK = 8  # bytes
_LONGEST = 200  # characters
_CONTENT = re.compile(rb"(\+[0-9]{1,15}) (-?[0-9]{1,15})")


class Place(NamedTuple):
    """The last number of a page. `at`: its `since` or `until`, Unix milliseconds, where that is the order."""

    number: str
    at: int = 0


def cursor_of(place: Place, search: Search, asker: Asker) -> str:
    """Give the cursor of a place."""
    content = b"%b %d" % (place.number.encode(), place.at)
    return base64.urlsafe_b64encode(_check(content, search, asker) + content).decode().rstrip("=")


def place_of(cursor: str, search: Search, asker: Asker) -> Place:
    """Read a cursor. Raises `WrongSearch` for one that was changed, or that belongs to another search."""
    try:
        if len(cursor) > _LONGEST or not cursor.isascii():
            raise ValueError
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        check, content = raw[:_CHECK], raw[_CHECK:]
        found = _CONTENT.fullmatch(content)
        if found is None or check != _check(content, search, asker):
            raise ValueError
    except ValueError:
        raise WrongSearch(DAMAGED) from None
    return Place(found[1].decode(), int(found[2]))


def _check(content: bytes, search: Search, asker: Asker) -> bytes:
    # No secret: whoever makes up a cursor gets another place in their own search, which they may see anyway.
    whole = f"{search.model_dump_json()}\n{asker.org!r} {asker.domains!r} {asker.may_manage}\n".encode() + content
    return hashlib.blake2b(whole, digest_size=_CHECK).digest()
