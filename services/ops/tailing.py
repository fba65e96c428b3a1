"""Topics followed: every record in words or as an object, also one that is no message."""

import asyncio
from base64 import b64encode
from collections.abc import Callable, Sequence
from typing import Any

from contracts.fields import format_instant, parse_instant
from services.ops.connection import consumer
from services.ops.envelopes import read_envelope
from services.ops.reading import bounds, existing, since
from services.ops.settings import ClientSettings
from services.ops.wording import in_words


async def follow(
    settings: ClientSettings,
    names: Sequence[str],
    number: str | None,
    begin: str | None,
    tell: Callable[[Any], None],
) -> None:
    """Hand over the records of topics for ever, from their end or from the time `begin` on. Raises `Unusable`."""
    counts = await existing(settings, names)
    async with consumer(settings.kafka) as client:
        partitions = [(name, part) for name, count in counts.items() for part in range(count)]
        ends = await bounds(client, partitions, settings)
        starts = {each: end for each, (_, end) in ends.items()}
        if begin is not None:
            at = round(parse_instant(begin).timestamp() * 1000)
            starts = await since(client, ends, at, settings)
        for each, offset in starts.items():
            client.seek(each, offset)
        while True:
            found = await client.getmany(timeout_ms=500)
            # In the order of Kafka's clock, or what one partition has would all come before another's.
            for record in sorted((one for many in found.values() for one in many), key=lambda one: one.timestamp):
                if number is None or concerns(record, number):
                    tell(record)
            await asyncio.sleep(0)


def concerns(record: Any, number: str) -> bool:
    """Tell whether a record is about a number: by its key, or by name in its value."""
    return record.key == number.encode() or b'"%s"' % number.encode() in (record.value or b"")


def as_object(record: Any) -> dict[str, Any]:
    """Give a record for programs: its envelope and where it lies, or its bytes."""
    place = {"topic": record.topic, "partition": record.partition, "offset": record.offset}
    envelope = read_envelope(record.value, record.headers)
    if envelope is not None:
        return {**envelope, **place}
    return {
        **place,
        "key": None if record.key is None else record.key.decode(errors="replace"),
        "value_base64": None if record.value is None else b64encode(record.value).decode(),
        "error": "no value" if record.value is None else "not a CloudEvent",
    }


def as_line(record: Any, at: str) -> str:
    """Give a record for people, in one line."""
    envelope = read_envelope(record.value, record.headers)
    if envelope is not None:
        return f"{at}  {record.topic}/{record.partition}/{record.offset}  {in_words(envelope)}"
    key = "no key" if record.key is None else record.key.decode(errors="replace")
    what = "no value" if record.value is None else f"not a CloudEvent: {record.value[:80]!r}"
    return f"{at}  {record.topic}/{record.partition}/{record.offset}  {key}  {what}"


def time_of(record: Any) -> str:
    """Give Kafka's time of a record."""
    from datetime import UTC, datetime

    return format_instant(datetime.fromtimestamp(record.timestamp // 1000, UTC))
