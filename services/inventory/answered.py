"""Which commands a number has answered: the last 128, each known again for 24 hours of real time, packed in bytes.

Entries of 24 bytes follow each other, oldest first: a digest of `(source, id)`, and when the
broker took it, Unix milliseconds.
"""

from hashlib import blake2b
from struct import Struct

MOST = 128
LONGEST = 24 * 60 * 60 * 1000  # milliseconds
# A record that is forwarded late counts from its first writing: when it comes, others have moved on by days.
KEPT = 8 * LONGEST
_DIGEST, _ENTRY = 16, 24
_packed = Struct(f">{_DIGEST}sq").pack
_time_in = Struct(">q").unpack_from


def digest_of(source: str, id: str) -> bytes:
    """Give the 16 bytes that stand for a command."""
    return blake2b(f"{source}\0{id}".encode(), digest_size=_DIGEST).digest()


def was_answered(answered: bytes, digest: bytes, timestamp: int) -> bool:
    """Tell whether the newest entry of a command is still remembered at `timestamp`."""
    found = answered.rfind(digest)
    while found > 0 and found % _ENTRY:  # by chance across two entries
        found = answered.rfind(digest, 0, found + _DIGEST - 1)
    return found >= 0 and timestamp - _taken_at(answered, found) < LONGEST


def with_answer(answered: bytes, digest: bytes, timestamp: int) -> bytes:
    """Add a command, and forget what is too much or too old."""
    beginning = max(0, len(answered) - (MOST - 1) * _ENTRY)
    while beginning < len(answered) and timestamp - _taken_at(answered, beginning) >= KEPT:
        beginning += _ENTRY
    return answered[beginning:] + _packed(digest, timestamp)


def newest(answered: bytes) -> int:
    """Give the latest time of some commands, Unix milliseconds; the last one may have been forwarded late."""
    return max(_taken_at(answered, entry) for entry in range(0, len(answered), _ENTRY))


def _taken_at(answered: bytes, entry: int) -> int:
    taken_at: int = _time_in(answered, entry + _DIGEST)[0]
    return taken_at
