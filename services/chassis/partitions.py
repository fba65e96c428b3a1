"""Where a record belongs: the lane `murmur2(subject) mod partitions`, whatever its sender did."""

from functools import lru_cache

from aiokafka.partitioner import murmur2


@lru_cache(maxsize=1 << 16)
def home(subject: str, partitions: int) -> int:
    """Give the partition of a subject, as the Java client and aiokafka choose it for a key."""
    return int((murmur2(subject.encode()) & 0x7FFFFFFF) % partitions)
