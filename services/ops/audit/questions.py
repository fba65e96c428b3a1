"""Rule: every command, and every billing event, is answered exactly once.

A repeat of the same `(source, id)` is answered with the first, what a service could not read is a dead letter,
and what it has not taken yet, or not finished, is pending. What is answered is remembered as long as the services do
it, the last 128 of a subject: memory grows with subjects, not with what they were asked.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Mapping, Set
from typing import Any, NamedTuple

from services.chassis.batch import FORWARDED, WRITTEN
from services.chassis.partitions import home
from services.chassis.records import Lot
from services.inventory.answered import LONGEST, MOST
from services.ops.audit.findings import Findings
from services.ops.audit.outbox import Repeats
from services.ops.dead_letters import Place
from services.ops.envelopes import read_envelope

Key = tuple[str, str]  # subject, id


class Question:
    """One record that asks; `turn` counts those about its subject. `answer`: what identifies its first answer."""

    __slots__ = ("again", "answer", "answers", "pending", "place", "source", "timestamp", "turn")

    def __init__(self, place: Place, source: str, timestamp: int, turn: int, pending: bool) -> None:
        self.place, self.source, self.timestamp, self.turn, self.pending = place, source, timestamp, turn, pending
        self.answer: object = None
        self.answers = 0
        self.again: list[Question] | None = None

    def repeated(self, question: "Question") -> None:
        """Note that the same was asked again."""
        self.pending &= question.pending
        if self.again is None:
            self.again = []
        self.again.append(question)

    @property
    def most(self) -> int:
        """Count the answers that there may be: repeats beyond what is remembered are asked anew."""
        if self.again is None:
            return 1
        new: list[Question] = []
        for each in (self, *self.again):
            last = next((other for other in reversed(new) if other.source == each.source), None)
            if last is None or each.timestamp - last.timestamp >= LONGEST or each.turn - last.turn >= MOST:
                new.append(each)
        return len(new)


class Answer(NamedTuple):
    """One record that answers: `cause` is the id of what was asked, `what` the type of the answer."""

    subject: str
    cause: str
    identity: object
    what: str
    place: Place


class Astray:
    """Records in a partition where their subject does not belong, and those that were forwarded from there."""

    def __init__(self) -> None:
        self.asked: dict[Place, str] = {}
        self.forwarded: set[Place] = set()

    def note(self, record: Any) -> None:
        """Note from where a record was forwarded, if it was."""
        for name, value in record.headers:
            if name == FORWARDED:
                partition, _, offset = (value or b"").decode(errors="replace").partition("/")
                if partition.isdecimal() and offset.isdecimal():
                    self.forwarded.add(Place(record.topic, int(partition), int(offset)))

    def judge(self, findings: Findings) -> None:
        """Find those that nobody has forwarded."""
        for place, subject in self.asked.items():
            if place not in self.forwarded:
                findings.add(
                    "answered once", subject, "lies in a partition of another number and was never forwarded", place
                )


class Questions:
    """What was asked in some partitions, and what was answered to it."""

    def __init__(
        self,
        counts: Mapping[str, int],
        dead: Mapping[Lot, Set[int]],
        in_flight: Set[Key],
        astray: Astray,
        findings: Findings,
    ) -> None:
        self._counts, self._dead = counts, dead
        self._in_flight, self._astray, self._findings = in_flight, astray, findings
        self._asked: dict[Key, Question] = {}
        self._turns: dict[tuple[str, str], int] = {}
        self._done: dict[str, deque[str]] = defaultdict(deque)  # ids by subject, the longest answered first
        self._unasked: list[Answer] = []

    def asking(self, lot: Lot, next: int) -> Callable[[Any], None]:
        """Give what takes the questions of one partition, in order; from offset `next` on none has been taken."""
        dead, count = self._dead.get(lot, frozenset()), self._counts[lot.topic]
        repeats, turns, asked = Repeats(), self._turns, self._asked

        def ask(record: Any) -> None:
            offset = record.offset
            if repeats.is_repeat(record):
                return
            if offset in dead:
                self._findings.counts["dead_letters"] += 1
                return
            pending = offset >= next or offset < 0
            place = Place(lot.topic, lot.partition, offset)
            envelope = read_envelope(record.value, record.headers) or {}
            subject, id = envelope.get("subject"), envelope.get("id")
            if not isinstance(subject, str) or not isinstance(id, str):
                if not pending:
                    key = (record.key or b"").decode(errors="replace")
                    self._findings.add("answered once", key, "cannot be read, and is no dead letter", place)
                return
            self._findings.counts["questions"] += 1
            seat = (lot.topic, subject)
            turn = turns.get(seat, 0)
            if not turn and home(subject, count) != lot.partition:
                if not pending:
                    self._astray.asked[place] = subject
                return
            turns[seat] = turn + 1
            if record.headers:
                self._astray.note(record)
            question = Question(place, str(envelope.get("source")), _written_at(record), turn, pending)
            first = asked.setdefault((subject, id), question)
            if first is not question:
                first.repeated(question)

        return ask

    def answer(self, subject: str, cause: str | None, identity: object, what: str, place: Place) -> None:
        """Take an answer; two with the same identity are one, said twice after a fault."""
        answer = Answer(subject, str(cause), identity, what, place)
        if not self._answered(answer):
            self._unasked.append(answer)  # or not read yet: the clocks of two brokers differ a little

    def _answered(self, answer: Answer) -> bool:
        subject, cause, identity, _, place = answer
        question = self._asked.get((subject, cause))
        if question is None:
            return False
        if not question.answers:
            question.answers, question.answer = 1, identity
            self._findings.counts["answered"] += 1
            self._remember(subject, cause)
        elif identity != question.answer:
            question.answers += 1
            if question.answers > question.most:
                self._findings.add(
                    "answered once",
                    subject,
                    f"{question.place.topic} {cause} is answered {question.answers} times",
                    question.place,
                    place,
                )
        return True

    def _remember(self, subject: str, id: str) -> None:
        done = self._done[subject]
        done.append(id)
        if len(done) > MOST:
            del self._asked[subject, done.popleft()]

    def judge(self, whole: Callable[[str], bool]) -> None:
        """Find what has no answer, and answers to nothing, where all questions (`whole`, by subject) are held."""
        counts = self._findings.counts
        unasked = [answer for answer in self._unasked if not self._answered(answer)]
        for (subject, id), question in self._asked.items():
            if question.answers:
                continue
            if question.pending or (subject, id) in self._in_flight:
                counts["pending"] += 1
            else:
                self._findings.add("answered once", subject, f"{id} of {question.source} has no answer", question.place)
        for subject, cause, _, what, place in unasked:
            if whole(subject):
                message = f"{what} answers {cause}, which was never asked, or answered {MOST} commands ago"
                self._findings.add("answered once", subject, message, place)


def _written_at(record: Any) -> int:
    """Give when a question was first written: one that was forwarded late is no newer for that, as lanes see it."""
    headers = record.headers
    written = dict(headers).get(WRITTEN) if headers and headers[-1][0] == "nb-seq" else None
    return min(int(written), record.timestamp) if written and written.isdigit() else int(record.timestamp)
