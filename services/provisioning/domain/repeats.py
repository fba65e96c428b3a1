"""What a subject has been told before: a sender that repeats itself is answered once."""

from typing import NamedTuple

MOST = 128  # messages of one subject
A_DAY = 24 * 60 * 60  # seconds of real time
# A record that is forwarded late counts from its first writing: when it comes, others have moved on by days.
KEPT = 8 * A_DAY


class Heard(NamedTuple):
    """The last messages about one subject: source, id and the broker's Unix milliseconds of each, oldest first."""

    messages: tuple[tuple[str, str, int], ...] = ()

    def knows(self, source: str, id: str, taken: int) -> bool:
        """Tell whether the same was heard less than a day before `taken`."""
        return any((source, id) == (s, i) and taken - at < A_DAY * 1000 for s, i, at in self.messages)

    def with_one_more(self, source: str, id: str, taken: int) -> "Heard":
        """Remember a message, and forget what is too much or too old."""
        fresh = [message for message in self.messages if taken - message[2] < KEPT * 1000]
        return Heard((*fresh, (source, id, taken))[-MOST:])
