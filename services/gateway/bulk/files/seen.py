"""Which numbers have come already, and where: 24 to 48 bytes for each, exactly."""

from array import array

_FULL = 2  # slots for each number, at least


class Seen:
    """A table of numbers and lines with open addressing: a dictionary would need four times as much."""

    def __init__(self) -> None:
        self._many, self._keys, self._lines = 0, array("Q", bytes(8 * 1024)), array("I", bytes(4 * 1024))

    def first(self, number: str, line: int) -> int | None:
        """Give the line where a canonical number came first, None if that is this one, which is kept."""
        key = int("1" + number[1:])  # as many digits as it has, leading zeros too
        at = self._slot(key)
        if self._keys[at] == key:
            return self._lines[at]
        self._keys[at], self._lines[at] = key, min(line, 2**32 - 1)
        self._many += 1
        if self._many * _FULL > len(self._keys):
            self._grow()
        return None

    def _slot(self, key: int) -> int:
        """Give where a number is, or would be."""
        keys, last = self._keys, len(self._keys) - 1
        at = (key * 0x9E3779B97F4A7C15 >> 20) & last  # neighbours far from each other
        while keys[at] and keys[at] != key:
            at = (at + 1) & last
        return at

    def _grow(self) -> None:
        keys, lines = self._keys, self._lines
        self._keys, self._lines = array("Q", bytes(16 * len(keys))), array("I", bytes(8 * len(lines)))
        for key, line in zip(keys, lines, strict=True):
            if key:
                at = self._slot(key)
                self._keys[at], self._lines[at] = key, line
