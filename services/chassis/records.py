"""What travels: records as Kafka hands them over, and records on their way out."""

from typing import NamedTuple

Headers = tuple[tuple[str, bytes | None], ...]


class Lot(NamedTuple):
    """A partition of a topic."""

    topic: str
    partition: int


class Record(NamedTuple):
    """A record as it was taken. `timestamp`: real time of the broker, Unix milliseconds."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Headers = ()

    @property
    def size(self) -> int:
        """Bytes of key and value."""
        return len(self.key or b"") + len(self.value or b"")

    def header(self, name: str) -> bytes | None:
        """Give the last value of a header, None without one."""
        for key, value in reversed(self.headers):
            if key == name:
                return value
        return None


class Outgoing(NamedTuple):
    """A record to publish. `headers` None: those of any event of ours."""

    topic: str
    partition: int
    key: bytes | None
    value: bytes | None
    headers: Headers | None = None

    @property
    def size(self) -> int:
        """Bytes of key, value and headers, with some for their names in BSON."""
        extra = sum(len(name) + len(value or b"") + 32 for name, value in self.headers) if self.headers else 0
        return len(self.key or b"") + len(self.value or b"") + extra + 64


class Last(NamedTuple):
    """The last record that a lane took: proof that the topic is still the same one."""

    offset: int
    timestamp: int
