"""Dead letters: read, explained, put back, closed.

A dead letter stays where it is; it is closed by a marker on the same topic, a record without value whose headers
`nb-closes` (partition/offset of the letter) and `nb-status` say which one, and how.
"""

import asyncio
from base64 import b64encode
from collections.abc import Sequence
from typing import Any, NamedTuple

from contracts.topics import DEAD_LETTERS, TOPICS
from services.ops.connection import PATIENCE, consumer, kafka_trouble
from services.ops.envelopes import read_envelope
from services.ops.reading import bounds, existing, read_all
from services.ops.settings import ClientSettings

Headers = tuple[tuple[str, bytes | None], ...]

ADVICE = {
    "not_json": "Give it whole, as one JSON object in UTF-8: numberbank dlq edit --value FILE.",
    "not_cloudevents": "Give it whole, as a CloudEvents 1.0 event: numberbank dlq edit --value FILE.",
    "missing_field": "Add the field: numberbank dlq edit --set FIELD=VALUE.",
    "invalid_field": "Correct the field: numberbank dlq edit --set FIELD=VALUE.",
    "unknown_type": "Correct the type (numberbank dlq edit --set type=...), or discard it.",
    "null_value": "Discard it, or give it a value: numberbank dlq edit --value FILE.",
    "not_at_home": "Replay it: it goes where its subject belongs.",
    "too_large": "Ask for less at once, in several records, and discard it.",
    "internal_error": "A defect of ours, which the log of the service tells of; replay it when that is mended.",
}


class Place(NamedTuple):
    """Where a record lies."""

    topic: str
    partition: int
    offset: int

    def __str__(self) -> str:
        return f"{self.topic}/{self.partition}/{self.offset}"


class DeadLetter(NamedTuple):
    """A record that a service could not use. `origin`: where it was taken; `place`: where it is kept."""

    origin: Place
    place: Place
    service: str
    code: str
    reason: str
    at: str
    key: bytes | None
    value: bytes | None
    headers: Headers
    size: int | None  # bytes of the whole value, where what is kept is cut
    status: str = "open"

    def described(self) -> dict[str, Any]:
        """Give it for programs."""
        return {
            **self.origin._asdict(),
            "service": self.service,
            "code": self.code,
            "reason": self.reason,
            "key": None if self.key is None else self.key.decode(errors="replace"),
            "value_base64": None if self.value is None else b64encode(self.value).decode(),
            "status": self.status,
            "time": self.at,
            "size": self.size,
            "dead_letter": self.place._asdict(),
        }


async def read_letters(settings: ClientSettings) -> list[DeadLetter]:
    """Give all dead letters that Kafka still has, by topic and time, closed ones too, each once. Raises `Unusable`."""
    counts = await existing(settings, [topic.name for topic in DEAD_LETTERS])
    letters: dict[Place, DeadLetter] = {}
    closed: dict[Place, str] = {}
    async with consumer(settings.kafka) as client:
        partitions = [(name, part) for name, count in counts.items() for part in range(count)]
        async for record in read_all(client, await bounds(client, partitions, settings), settings):
            headers = dict(record.headers)
            if "nb-closes" in headers:
                place, status = _marked(record.topic, headers)
                closed[place] = status
            else:
                letter = _letter(record, headers)
                letters[letter.place] = letter
    found: dict[tuple[Any, ...], DeadLetter] = {}
    for letter in sorted(letters.values(), key=lambda letter: letter.place):
        # A service that has failed may say the same twice; closing the first closes both.
        same = (letter.service, letter.origin, letter.key, letter.value)
        found.setdefault(same, letter._replace(status=closed.get(letter.place, "open")))
    return sorted(found.values(), key=lambda letter: (letter.origin.topic, letter.service, letter.at, letter.origin))


class Draft(NamedTuple):
    """What is put back in place of a dead letter."""

    key: bytes | None
    value: bytes | None
    headers: Headers


def as_it_was(letter: DeadLetter) -> Draft:
    """Give the record as it was taken; without a key, one by its subject."""
    key = letter.key
    if key is None and (envelope := read_envelope(letter.value, letter.headers)) is not None:
        key = str(envelope.get("subject", "")).encode(errors="replace") or None
    return Draft(key, letter.value, letter.headers)


async def put_back(settings: ClientSettings, out: Any, letter: DeadLetter, draft: Draft) -> None:
    """Send a record where its dead letter was taken, then close that. Raises `Unusable`."""
    # The road's own headers would make it a repeat.
    kept = [(name, text) for name, text in draft.headers if not name.startswith("nb-")]
    key = b"" if draft.key is None and draft.value is None else draft.key  # the client takes no record without both
    with kafka_trouble(settings.kafka):
        async with asyncio.timeout(PATIENCE):
            await out.send_and_wait(letter.origin.topic, draft.value, key=key, headers=kept)
    await close(settings, out, letter, "replayed")


async def close(settings: ClientSettings, out: Any, letter: DeadLetter, status: str) -> None:
    """Mark a dead letter as `replayed` or `discarded`. Raises `Unusable`."""
    topic, partition, offset = letter.place
    headers = [("nb-closes", f"{partition}/{offset}".encode()), ("nb-status", status.encode())]
    with kafka_trouble(settings.kafka):
        async with asyncio.timeout(PATIENCE):
            await out.send_and_wait(topic, None, key=letter.key or b"", partition=partition, headers=headers)


def named(letters: Sequence[DeadLetter], name: str) -> list[DeadLetter]:
    """Give the dead letters that lie, or were taken, at `TOPIC/PARTITION/OFFSET`."""
    return [letter for letter in letters if name in (str(letter.place), str(letter.origin))]


def _marked(topic: str, headers: dict[str, bytes | None]) -> tuple[Place, str]:
    partition, _, offset = (headers["nb-closes"] or b"").decode(errors="replace").partition("/")
    numeric = partition.isdecimal() and offset.isdecimal()
    place = Place(topic, int(partition), int(offset)) if numeric else Place(topic, -1, -1)
    return place, (headers.get("nb-status") or b"discarded").decode(errors="replace")


def _letter(record: Any, headers: dict[str, bytes | None]) -> DeadLetter:
    def said(name: str) -> str:
        return (headers.get(f"nb-{name}") or b"").decode(errors="replace")

    def counted(name: str) -> int:
        return int(text) if (text := said(name)).isdecimal() else -1

    source, service = _owner(record.topic)
    return DeadLetter(
        origin=Place(said("topic") or source, counted("partition"), counted("offset")),
        place=Place(record.topic, record.partition, record.offset),
        service=said("service") or service,
        code=said("code"),
        reason=said("reason"),
        at=said("time"),
        key=record.key,
        value=record.value,
        headers=tuple(record.headers),
        size=counted("size") if said("size") else None,
    )


def _owner(name: str) -> tuple[str, str]:
    """Give topic and service of a topic of dead letters."""
    topic = next((topic.name for topic in TOPICS if name.startswith(topic.name + ".")), name)
    return topic, name.removeprefix(topic + ".").removesuffix(".dlq")
