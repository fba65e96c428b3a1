"""One batch on its way through a lane: what was read of it, and what is decided about it."""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from contracts.message import Message
from services.chassis.dead_letters import dead_letter, letters_of
from services.chassis.echoes import Echoes
from services.chassis.fence import Fence
from services.chassis.fence import Sequence as Seq
from services.chassis.partitions import home
from services.chassis.reading import Reading, Skipped, Unreadable
from services.chassis.records import Outgoing, Record
from services.chassis.work import Taken, Work

FORWARDED, WRITTEN = "nb-forwarded", "nb-written"
MOST_WRITERS = 4096  # that a fence remembers: strangers may invent any number of them
_WRITER = re.compile(rb"[a-z-]{1,40}/[a-z.-]{1,80}/\d{1,6}")
_SEQ = re.compile(rb"(\d{1,18})\.(\d{1,9})")
_MILLISECONDS = re.compile(rb"\d{1,15}")


class Echo(NamedTuple):
    """A record that tells this service what it has said itself."""


class Item(NamedTuple):
    """A record and what it turned out to be. `writer`, `seq`: of a record that the road published."""

    record: Record
    found: Message | Skipped | Unreadable | Outgoing | Echo
    writer: str = ""
    seq: Seq = (0, 0)


class Sorter:
    """Reads the records of one input, and sends those astray to the lane where they belong."""

    def __init__(self, reading: Reading, homed: bool, partitions: int, echoes: Echoes | None = None) -> None:
        self._reading, self._homed, self._partitions, self._echoes = reading, homed, partitions, echoes

    def sort(self, record: Record) -> Item:
        """Give what a record is: a message, one to skip, a dead letter, one to forward, or an echo."""
        if self._echoes is not None and self._echoes.include(*(origin := _origin(record))):
            return Item(record, Echo(), *origin)
        found: Message | Skipped | Unreadable | Outgoing = self._reading.read(record)
        if self._homed and isinstance(found, Message):
            place = home(found.subject, self._partitions)
            if place != record.partition:
                found = _forwarded(record, found.subject, place)
        if not record.headers:
            return Item(record, found)
        return Item(record, found, *_origin(record))


def _forwarded(record: Record, subject: str, place: int) -> Outgoing | Unreadable:
    if record.header(FORWARDED) is not None:
        return Unreadable("not_at_home", f"subject: was forwarded and still belongs to partition {place}.")
    headers = tuple(header for header in record.headers if not header[0].startswith("nb-"))
    marks = (FORWARDED, b"%d/%d" % (record.partition, record.offset)), (WRITTEN, b"%d" % record.timestamp)
    return Outgoing(record.topic, place, subject.encode(), record.value, (*headers, *marks))


def _written_at(record: Record) -> int:
    """Give when a record's sender wrote it: one that was forwarded late is no newer for that."""
    written = record.header(WRITTEN)
    if written is None or not _MILLISECONDS.fullmatch(written):
        return record.timestamp
    return min(int(written), record.timestamp)


def _origin(record: Record) -> tuple[str, Seq]:
    """Give writer and sequence of a record of ours; strangers' headers that look alike count for nothing."""
    writer, seq = record.header("nb-writer"), record.header("nb-seq")
    if writer is None or seq is None:
        return "", (0, 0)
    if not _WRITER.fullmatch(writer) or not (match := _SEQ.fullmatch(seq)):
        return "", (0, 0)
    return writer.decode(), (int(match[1]), int(match[2]))


class Tally(NamedTuple):
    """What a batch came to: messages to handle, records to publish as they are, and the new `seen`."""

    messages: list[Taken]
    seen: Mapping[str, Seq]
    repeats: int
    skipped: int
    dead: list[str]
    forwarded: int


def tally(items: Sequence[Item], fence: Fence, work: Work, service: str, *, letters: bool = True) -> Tally:
    """Drop the repeats of our own records, put dead letters and forwarded records out, keep the messages."""
    seen = dict(fence.seen)
    messages: list[Taken] = []
    dead: list[str] = []
    repeats = skipped = forwarded = 0
    for record, found, writer, seq in items:
        if writer:
            if seq <= seen.get(writer, (-1, -1)):
                repeats += 1
                continue
            if writer in seen or len(seen) < MOST_WRITERS:
                seen[writer] = seq
        if isinstance(found, Message):
            messages.append(Taken(found, _written_at(record) if writer else record.timestamp))
        elif isinstance(found, Unreadable) and letters:
            place = record.partition % work.partitions(letters_of(record.topic, service))
            work.out.append(dead_letter(record, found, service, work.now, place))
            dead.append(found.code)
        elif isinstance(found, Outgoing):
            work.out.append(found)
            forwarded += 1
        elif isinstance(found, Echo):
            repeats += 1
        else:
            skipped += 1
    return Tally(messages, seen, repeats, skipped, dead, forwarded)
