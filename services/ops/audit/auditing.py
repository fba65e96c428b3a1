"""The audit, part by part: partitions that belong together are read together, and forgotten before the next."""

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from typing import Any

from contracts.message import Topic
from contracts.topics import (
    BILLING_EVENTS,
    DEAD_LETTERS,
    INVENTORY_COMMANDS,
    INVENTORY_EVENTS,
    LIFECYCLE_EVENTS,
    NOTIFICATION_EVENTS,
    PROVISIONING_COMMANDS,
    PROVISIONING_EVENTS,
)
from services.chassis.partitions import home
from services.chassis.records import Lot
from services.ops.audit.ahead import Ahead
from services.ops.audit.change import change_in
from services.ops.audit.documents import Documents
from services.ops.audit.findings import Findings
from services.ops.audit.history import REJECTED, History
from services.ops.audit.log import Log
from services.ops.audit.notices import Mails, Notices
from services.ops.audit.outbox import Outbox, Repeats, dead_place, mark_of
from services.ops.audit.questions import Astray, Questions
from services.ops.audit.standing import Standing
from services.ops.audit.views import Views
from services.ops.dead_letters import Place
from services.ops.envelopes import read_envelope

# From the end of the chain to its beginning: what has an answer before an end is asked before the next one.
ORDER = (
    *DEAD_LETTERS, NOTIFICATION_EVENTS, LIFECYCLE_EVENTS, PROVISIONING_EVENTS, INVENTORY_EVENTS, INVENTORY_COMMANDS,
    PROVISIONING_COMMANDS, BILLING_EVENTS,
)  # fmt: skip
Take = Callable[[Any], None]


class Audit:
    """Reads everything once, and feeds the rules."""

    def __init__(self, log: Log, standing: Standing, outbox: Outbox, findings: Findings) -> None:
        self._log, self._standing, self._outbox, self._findings = log, standing, outbox, findings
        self._dead: dict[Lot, set[int]] = {}
        self._astray = Astray()
        self._notices: set[str] = set()

    async def run(self, documents: Documents, views: Views) -> None:
        """Apply all rules; `documents` is asked at last for what no event has told of."""
        for topic in DEAD_LETTERS:
            for lot in self._lots(topic):
                await self._read(lot, self._bury)
        for lots in self._shards(INVENTORY_COMMANDS, LIFECYCLE_EVENTS, INVENTORY_EVENTS):
            numbers = await self._numbers(lots)
            await documents.compare(numbers)
            await views.compare(numbers)
        for lots in self._shards(BILLING_EVENTS, PROVISIONING_COMMANDS, PROVISIONING_EVENTS):
            await self._facts(lots)
        told = self._notices if all(map(self._log.whole, self._lots(LIFECYCLE_EVENTS))) else None
        for lot in self._lots(NOTIFICATION_EVENTS):
            await self._read(lot, self._guarded(Mails(told, self._findings).tell))
        for lot in self._outbox.unread():
            self._outbox.left(lot, None, True, self._findings)
        self._astray.judge(self._findings)

    async def _numbers(self, lots: Sequence[Lot]) -> Any:
        questions, notices, history = self._questions(), Notices(self._notices, self._findings), History(self._findings)
        asked = self._asked(lots, questions, "inventory", INVENTORY_COMMANDS)
        for lot in _of(lots, LIFECYCLE_EVENTS):
            await self._read(lot, self._guarded(notices.tell))
        for lot in _of(lots, INVENTORY_EVENTS):
            await self._read(lot, self._answers(lot, questions, history, notices), asked)
        await _rest(asked)
        notices.judge()
        questions.judge(self._whole(INVENTORY_COMMANDS))
        return history.numbers

    def _answers(self, lot: Lot, questions: Questions, history: History, notices: Notices) -> Take:
        whole, counts = self._log.whole(lot), self._findings.counts

        def take(envelope: dict[str, Any], place: Place, value: bytes) -> None:
            type, id, cause = envelope["type"], envelope["id"], envelope.get("causationid")
            if type == REJECTED:
                data = envelope["data"]
                questions.answer(envelope["subject"], cause, (id, data["code"], data["version"]), type, place)
                return
            change = change_in(envelope, value, place)
            counts["changes"] += 1
            questions.answer(change.number, cause, (id, change.version), type, place)
            notices.follow(history.follow(change, whole), change)

        return self._guarded(take)

    async def _facts(self, lots: Sequence[Lot]) -> None:
        questions = self._questions()
        asked = self._asked(lots, questions, "provisioning", BILLING_EVENTS, PROVISIONING_COMMANDS)

        def take(envelope: dict[str, Any], place: Place, value: bytes) -> None:
            cause, id = envelope.get("causationid"), envelope["id"]
            questions.answer(envelope["subject"], cause, id, envelope["type"], place)

        for lot in _of(lots, PROVISIONING_EVENTS):
            await self._read(lot, self._guarded(take), asked)
        await _rest(asked)
        questions.judge(self._whole(BILLING_EVENTS, PROVISIONING_COMMANDS))

    def _asked(self, lots: Sequence[Lot], questions: Questions, service: str, *topics: Topic) -> list[Ahead]:
        return [
            Ahead(self._records(lot), questions.asking(lot, self._standing.next(service, lot)))
            for topic in topics
            for lot in _of(lots, topic)
        ]

    def _questions(self) -> Questions:
        return Questions(self._log.counts, self._dead, self._standing.in_flight, self._astray, self._findings)

    def _guarded(self, take: Callable[[dict[str, Any], Place, bytes], None]) -> Take:
        """Take the messages of our services: each once, and a finding for what is none."""
        repeats: dict[int, Repeats] = {}

        def guarded(record: Any) -> None:
            if repeats.setdefault(record.partition, Repeats()).is_repeat(record):
                self._findings.counts["repeats"] += 1
                return
            place = Place(record.topic, record.partition, record.offset)
            try:
                take(read_envelope(record.value, record.headers) or {}, place, record.value)
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                key = (record.key or b"").decode(errors="replace")
                self._findings.add("readable", key, f"is no event of ours: {error!r}", place)

        return guarded

    def _bury(self, record: Any) -> None:
        place = dead_place(dict(record.headers))
        if place is not None:
            self._dead.setdefault(Lot(place.topic, place.partition), set()).add(place.offset)

    async def _read(self, lot: Lot, take: Take, asked: Sequence[Ahead] = ()) -> None:
        """Give a partition to a rule; first, each time, what was `asked` until the same moment."""
        async for records in self._records(lot):
            for ahead in asked:
                await ahead.upto(records[-1].timestamp)
            for record in records:
                take(record)

    async def _records(self, lot: Lot) -> AsyncIterator[Sequence[Any]]:
        """Give a partition, some records at a time, with what is still to be published to it at the end."""
        awaited, oldest = self._outbox.of(lot), None
        async for records in self._log.read(lot):
            oldest = records[0].timestamp if oldest is None else oldest
            if awaited:
                for record in records:
                    awaited.pop(mark_of(record), None)
            self._findings.counts["records"] += len(records)
            yield records
        if left := self._outbox.left(lot, oldest, self._log.whole(lot), self._findings):
            yield left

    def _lots(self, topic: Topic) -> list[Lot]:
        return [Lot(topic.name, part) for part in range(self._log.counts[topic.name])]

    def _shards(self, *topics: Topic) -> Iterable[list[Lot]]:
        """Give partitions that are about the same subjects: with equal counts those of the same number."""
        columns = [self._lots(topic) for topic in topics]
        if len({len(column) for column in columns}) == 1:
            return [list(row) for row in zip(*columns, strict=True)]
        return [[lot for column in columns for lot in column]]

    def _whole(self, *topics: Topic) -> Callable[[str], bool]:
        def whole(subject: str) -> bool:
            return all(self._log.whole(Lot(each.name, home(subject, self._log.counts[each.name]))) for each in topics)

        return whole


async def _rest(asked: Sequence[Ahead]) -> None:
    for ahead in asked:
        await ahead.upto(None)


def _of(lots: Sequence[Lot], topic: Topic) -> list[Lot]:
    return [lot for lot in lots if lot.topic == topic.name]
