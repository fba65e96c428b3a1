"""Records that could not be used, kept with the reason for somebody to look at."""

from datetime import datetime

from contracts.fields import format_instant
from services.chassis.reading import Unreadable
from services.chassis.records import Headers, Outgoing, Record

LARGEST = 256 * 1024  # bytes of a value; more is cut, and nb-size says how long it was
MOST_HEADERS = 64 * 1024  # bytes of headers that are kept


def letters_of(topic: str, service: str) -> str:
    """Name the topic where a service puts what it cannot use of a topic."""
    return f"{topic}.{service}.dlq"


def dead_letter(record: Record, why: Unreadable, service: str, at: datetime, partition: int) -> Outgoing:
    """Give the record as it was, with `nb-*` headers that say why, where and when it was given up."""
    value = record.value
    facts = {
        "nb-reason": why.reason[:2000],
        "nb-code": why.code,
        "nb-service": service,
        "nb-topic": record.topic,
        "nb-partition": record.partition,
        "nb-offset": record.offset,
        "nb-time": format_instant(at),
    }
    if value is not None and len(value) > LARGEST:
        facts["nb-size"] = len(value)
        value = value[:LARGEST]
    headers = _kept(record.headers) + tuple(
        (name, str(fact).encode(errors="backslashreplace")) for name, fact in facts.items()
    )
    # A key beyond measure would make the record as large as the one that was cut.
    key = record.key[:LARGEST] if record.key is not None else None
    return Outgoing(letters_of(record.topic, service), partition, key, value, headers)


def _kept(headers: Headers) -> Headers:
    kept: list[tuple[str, bytes | None]] = []
    room = MOST_HEADERS
    for name, value in headers:
        room -= len(name) + len(value or b"") + 32  # many empty ones fill a document too
        if room < 0:
            break
        if not name.startswith("nb-"):
            kept.append((name, value))
    return tuple(kept)
