"""The rules of an audit, each fed by hand."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic_core import to_json

from contracts.inventory import EVENTS
from services.chassis.fence import Fence
from services.chassis.partitions import home
from services.chassis.records import Last, Lot, Outgoing, Record
from services.inventory.domain import Attributes, Hold, Holder, Number
from services.inventory.events import number_data
from services.inventory.store import number_document
from services.ops.audit.ahead import Ahead
from services.ops.audit.change import change_in
from services.ops.audit.documents import differences
from services.ops.audit.findings import Finding, Findings
from services.ops.audit.history import History
from services.ops.audit.notices import Mails, Notices
from services.ops.audit.outbox import Outbox, Repeats, dead_place, mark_of
from services.ops.audit.questions import Astray, Questions
from services.ops.audit.transitions import transitions
from services.ops.dead_letters import Place

NUMBER = "+6531580001"
AT = "2026-03-01T00:00:00Z"
A_DAY_ON, TWO_DAYS_ON = "2026-03-02T00:00:00Z", "2026-03-03T00:00:00Z"
UNTIL = "2026-03-29T00:00:00Z"
COMMANDS = Lot("inventory.commands", 0)
A_DAY = 24 * 3600 * 1000


@pytest.fixture
def found() -> list[Finding]:
    return []


@pytest.fixture
def findings(found: list[Finding]) -> Findings:
    return Findings(found.append)


def hold(placed: int) -> dict[str, Any]:
    return {"placed": placed, "until": UNTIL}


def told(type: str, version: int, state: str, previous: str | None, **data: Any) -> dict[str, Any]:
    """Give an event; what goes with its state is filled in."""
    owned = state in ("reserved", "assigned")
    whole = {
        "number": NUMBER, "version": version, "state": state, "previous": previous, "since": AT, "reason": None,
        "hold": hold(version) if state in ("reserved", "locked") else None,
        "holder": {"org": "acme"} if owned else None,
        "subscription": "S-1" if state == "assigned" else None, **data,
    }  # fmt: skip
    return {"type": f"number.{type}", "id": f"e-{version}", "subject": NUMBER, "data": whole}


ADDED = told("added", 1, "available", None)
RESERVED = told("reserved", 2, "reserved", "available")
ASSIGNED = told("assigned", 2, "assigned", "available")


def follow(history: History, *events: dict[str, Any], whole: bool = True) -> None:
    for offset, event in enumerate(events):
        history.follow(change_in(event, to_json(event), Place("inventory.events", 0, offset)), whole)


def test_every_event_of_inventory_has_legal_transitions():
    named = {event.model_fields["type"].annotation.__args__[0] for event in EVENTS} - {"command.rejected"}
    assert named == set(transitions())
    assert transitions()["number.reserved"] == {("available", "reserved"), ("assigned", "reserved")}
    assert transitions()["number.released"] == {("reserved", "available"), ("locked", "available")}
    assert transitions()["number.added"] == {(None, "available")}
    assert ("assigned", "assigned") in transitions()["number.updated"]
    assert transitions()["number.restored"] == {
        ("available", "reserved"), ("available", "locked"), ("locked", "available"), ("deleted", "available"),
        ("deleted", "locked"),
    }  # fmt: skip


LOCKED = told("locked", 2, "locked", "available", holder=None)
SLIP = told("released", 3, "available", "reserved", reason="manual", remark="slip", since=A_DAY_ON)
SLIP_AGAIN = told("released", 5, "available", "reserved", reason="manual")
RESTORED = {**told("restored", 4, "reserved", "available", hold=hold(2), remark="sorry"), "time": TWO_DAYS_ON}


def restored(**data: Any) -> dict[str, Any]:
    return {**RESTORED, "data": RESTORED["data"] | data}


LIVES: list[tuple[str, list[dict[str, Any]]]] = [
    ("added, reserved, updated", [ADDED, RESERVED, told("updated", 3, "reserved", "reserved", hold=hold(2))]),
    ("assigned and lost", [ADDED, ASSIGNED, told("reserved", 3, "reserved", "assigned")]),
    ("transferred", [ADDED, ASSIGNED, told("transferred", 3, "assigned", "assigned", holder={"org": "globex"})]),
    ("said twice", [ADDED, RESERVED, RESERVED]),
    ("released and restored", [ADDED, RESERVED, SLIP, RESTORED]),
    ("restored twice", [ADDED, RESERVED, SLIP, RESTORED, SLIP_AGAIN, {**restored(version=6), "id": "e-6", "time": AT}]),
    ("a lock undone", [ADDED, LOCKED, told("restored", 3, "available", "locked")]),
]


@pytest.mark.parametrize(("life", "events"), LIVES, ids=[life for life, _ in LIVES])
def test_a_legal_life_is_clean(life: str, events: list[dict[str, Any]], findings: Findings, found: list[Finding]):
    follow(History(findings), *events)
    assert found == []


DAMAGES: list[tuple[str, str, list[dict[str, Any]]]] = [
    ("version 3 follows version 1", "versions contiguous", [ADDED, told("reserved", 3, "reserved", "available")]),
    ("version 2 follows nothing", "versions contiguous", [RESERVED]),
    ("told again", "versions contiguous", [ADDED, RESERVED, {**RESERVED, "id": "other"}]),
    ("does not lead", "transition legal", [ADDED, told("unlocked", 2, "available", "available")]),
    ("does not lead", "transition legal", [ADDED, told("vanished", 2, "available", "available")]),
    ("as the state before", "transition legal", [ADDED, told("reserved", 2, "reserved", "assigned")]),
    ("without a hold", "transition legal", [ADDED, told("reserved", 2, "reserved", "available", hold=None)]),
    ("with a subscription", "transition legal", [told("added", 1, "available", None, subscription="S-1")]),
    ("no longer since", "transition legal", [ADDED, told("updated", 2, "available", "available", since=UNTIL)]),
    ("hold of version 1", "transition legal", [ADDED, told("reserved", 2, "reserved", "available", hold=hold(1))]),
    ("goes to S-2", "lent to one", [ADDED, ASSIGNED, told("updated", 3, "assigned", "assigned", subscription="S-2")]),
    ("goes to globex", "lent to one",
     [ADDED, RESERVED, told("assigned", 3, "assigned", "reserved", holder={"org": "globex"})]),
    ("is not as the number was", "restored as it was", [ADDED, RESERVED, SLIP, restored(holder={"org": "globex"})]),
    ("is not as the number was", "restored as it was", [ADDED, RESERVED, SLIP, restored(hold=hold(4))]),
    ("is not as the number was", "restored as it was", [ADDED, RESERVED, SLIP, restored(since=A_DAY_ON)]),
    ("is not as the number was", "restored as it was", [ADDED, RESERVED, SLIP, restored(sku="other")]),
    ("for more than 24 hours", "restored as it was",
     [ADDED, RESERVED, SLIP, {**RESTORED, "time": "2026-03-03T00:00:00.001Z"}]),
    ("which cannot be undone", "restored as it was",
     [ADDED, RESERVED, SLIP | {"data": SLIP["data"] | {"reason": "reservation_expired"}}, RESTORED]),
]  # fmt: skip


@pytest.mark.parametrize(("why", "rule", "events"), DAMAGES)
def test_a_change_that_cannot_be_is_found(
    why: str, rule: str, events: list[dict[str, Any]], findings: Findings, found: list[Finding]
):
    follow(History(findings), *events)
    [finding] = found
    assert (finding.rule, finding.subject) == (rule, NUMBER)
    assert why in finding.message
    assert finding.evidence[-1]["offset"] == len(events) - 1


def test_where_the_beginning_is_gone_a_number_may_begin_with_any_version(findings: Findings, found: list[Finding]):
    follow(History(findings), RESERVED, whole=False)
    assert found == []


def command(id: str, *, source: str = "/ops", offset: int = 0, at: int = 0, headers: Any = ()) -> Record:
    value = to_json({"specversion": "1.0", "type": "number.update", "id": id, "source": source, "subject": NUMBER})
    return Record(*COMMANDS, offset, at, NUMBER.encode(), value, headers)


class Desk:
    """Questions of one partition, and what is found about their answers."""

    def __init__(self, findings: Findings, next: int = 100, partitions: int = 1, **known: Any) -> None:
        self.astray = Astray()
        counts = {COMMANDS.topic: partitions}
        dead, in_flight = known.get("dead", {}), known.get("in_flight", set())
        self.questions = Questions(counts, dead, in_flight, self.astray, findings)
        self.ask = self.questions.asking(COMMANDS, next)

    def answer(self, cause: str, identity: str = "e-1") -> None:
        self.questions.answer(NUMBER, cause, identity, "number.updated", Place("inventory.events", 0, 5))


def everything(subject: str) -> bool:
    return True


def test_one_answer_said_twice_is_one(findings: Findings, found: list[Finding]):
    desk = Desk(findings)
    desk.ask(command("c"))
    desk.answer("c")
    desk.answer("c")
    desk.questions.judge(everything)
    assert found == []
    assert findings.counts["answered"] == 1


UNANSWERED: list[tuple[str, dict[str, Any], int]] = [
    ("taken", {}, 1),
    ("not taken yet", {"next": 0}, 0),
    ("a dead letter", {"dead": {COMMANDS: {0}}}, 0),
    ("in flight", {"in_flight": {(NUMBER, "c")}}, 0),
]


@pytest.mark.parametrize(("how", "known", "many"), UNANSWERED, ids=[how for how, *_ in UNANSWERED])
def test_a_command_without_an_answer_is_found_once_it_was_taken(
    how: str, known: dict[str, Any], many: int, findings: Findings, found: list[Finding]
):
    desk = Desk(findings, **known)
    desk.ask(command("c"))
    desk.questions.judge(everything)
    assert [each.rule for each in found] == ["answered once"] * many


def test_two_answers_to_one_command_are_found(findings: Findings, found: list[Finding]):
    desk = Desk(findings)
    desk.ask(command("c"))
    desk.answer("c", "e-1")
    desk.answer("c", "e-2")
    assert [each.rule for each in found] == ["answered once"]


LATE = (("nb-forwarded", b"1/5"), ("nb-written", b"5"), ("nb-writer", b"w"), ("nb-seq", b"3.0"))
REPEATS: list[tuple[str, Callable[[Desk], None], bool]] = [
    ("an hour later", lambda desk: desk.ask(command("c", at=A_DAY // 24)), False),
    ("a day later", lambda desk: desk.ask(command("c", at=A_DAY)), True),
    ("forwarded a day later", lambda desk: desk.ask(command("c", at=A_DAY, headers=LATE)), False),
    ("by another sender", lambda desk: desk.ask(command("c", source="/other")), True),
    (
        "after 128 others",
        lambda desk: [desk.ask(command(f"o{n}")) for n in range(128)] and desk.ask(command("c")),
        True,
    ),  # type: ignore[func-returns-value, list-item]
]


@pytest.mark.parametrize(("how", "repeat", "anew"), REPEATS, ids=[how for how, *_ in REPEATS])
def test_an_id_that_is_used_again_may_be_answered_again_only_when_it_is_forgotten(
    how: str, repeat: Callable[[Desk], None], anew: bool, findings: Findings, found: list[Finding]
):
    desk = Desk(findings, next=1000)
    desk.ask(command("c"))
    repeat(desk)
    desk.answer("c", "e-1")
    desk.answer("c", "e-2")
    assert (found == []) is anew


def test_memory_grows_with_numbers_and_not_with_what_they_were_asked(findings: Findings, found: list[Finding]):
    desk = Desk(findings, next=10_000)
    for n in range(5_000):
        desk.ask(command(f"c{n}", offset=n))
        desk.answer(f"c{n}", f"e-{n}")
    assert len(desk.questions._asked) == 128
    desk.answer("c4999", "e-other")
    desk.answer("c0", "e-other")
    desk.questions.judge(everything)
    assert ["answered 2 times" in found[0].message, "or answered 128 commands ago" in found[1].message] == [True, True]
    assert (len(found), findings.counts["answered"]) == (2, 5_000)


def test_an_answer_that_is_read_before_its_question_is_none_to_nothing(findings: Findings, found: list[Finding]):
    desk = Desk(findings)
    desk.answer("c")
    desk.ask(command("c"))
    desk.questions.judge(everything)
    assert (found, findings.counts["answered"]) == ([], 1)


async def test_what_was_asked_is_read_no_further_than_what_was_answered():
    async def chunks() -> AsyncIterator[list[Record]]:
        for begin in range(0, 60, 20):
            yield [command(f"c{n}", offset=n, at=n) for n in range(begin, begin + 20)]

    taken: list[Record] = []
    ahead = Ahead(chunks(), taken.append)
    seen = []
    for timestamp in (5, 19, 20, None):
        await ahead.upto(timestamp)
        seen.append(len(taken))
    assert seen == [20, 40, 40, 60]


def test_what_a_lane_has_published_twice_was_asked_once(findings: Findings, found: list[Finding]):
    desk = Desk(findings)
    headers = (("nb-writer", b"w"), ("nb-seq", b"3.0"))
    desk.ask(command("c", headers=headers))
    desk.ask(command("c", offset=1, at=2 * A_DAY, headers=headers))
    assert findings.counts["questions"] == 1


def test_an_answer_to_nothing_is_found_only_where_all_questions_are_held(findings: Findings, found: list[Finding]):
    desk = Desk(findings)
    desk.answer("gone")
    desk.questions.judge(lambda subject: False)
    assert found == []
    desk.questions.judge(everything)
    assert [each.rule for each in found] == ["answered once"]


def test_a_record_astray_must_have_been_forwarded(findings: Findings, found: list[Finding]):
    partitions = next(count for count in range(2, 20) if home(NUMBER, count) != 0)
    desk = Desk(findings, partitions=partitions)
    desk.ask(command("c"))
    desk.questions.judge(everything)
    assert found == []
    desk.astray.note(command("c", headers=(("nb-forwarded", b"0/0"),)))
    desk.astray.judge(findings)
    assert found == []
    desk.astray.forwarded.clear()
    desk.astray.judge(findings)
    assert [each.rule for each in found] == ["answered once"]


def fence(batch: int = 7) -> Fence:
    out = Outgoing("inventory.events", 0, b"k", b"{}")
    return Fence("inventory/inventory.commands/0", 1, batch, 5, Last(4, 1_000), (out,))


EVENTS_0 = Lot("inventory.events", 0)


def test_what_a_fence_holds_is_on_its_topic_or_still_to_be_published(findings: Findings, found: list[Finding]):
    outbox = Outbox()
    outbox.add("inventory", fence(), noted=6)
    [record] = outbox.left(EVENTS_0, None, True, findings)
    assert (record.offset, record.value) == (-1, b"{}")
    assert found == []


@pytest.mark.parametrize(("oldest", "whole", "many"), [(0, True, 1), (500, False, 1), (2_000, False, 0)])
def test_what_was_published_and_is_not_there_is_found_unless_it_may_be_deleted(
    oldest: int, whole: bool, many: int, findings: Findings, found: list[Finding]
):
    outbox = Outbox()
    outbox.add("inventory", fence(), noted=7)
    assert outbox.left(EVENTS_0, oldest, whole, findings) == []
    assert [each.rule for each in found] == ["published"] * many


def test_a_record_of_a_fence_is_known_by_its_mark(findings: Findings, found: list[Finding]):
    outbox = Outbox()
    outbox.add("inventory", fence(), noted=7)
    record = command("x", headers=(("a", b"b"), ("nb-writer", b"inventory/inventory.commands/0"), ("nb-seq", b"7.0")))
    outbox.of(EVENTS_0).pop(mark_of(record))
    assert outbox.left(EVENTS_0, None, True, findings) == []
    assert found == []


def test_repeats_are_told_from_news_by_writer_and_sequence():
    repeats = Repeats()
    marks = [(b"w", b"1.9"), (b"w", b"1.10"), (b"w", b"1.10"), (b"v", b"1.0"), (b"w", b"2.0"), (b"w", b"odd")]
    known = [repeats.is_repeat(command("c", headers=(("nb-writer", w), ("nb-seq", s)))) for w, s in marks]
    assert known == [False, False, True, False, False, False]


def test_a_marker_that_closes_a_dead_letter_is_none():
    letter = {"nb-topic": b"t", "nb-partition": b"1", "nb-offset": b"2"}
    assert dead_place(letter) == Place("t", 1, 2)
    assert dead_place({"nb-closes": b"1/2"}) is None


def notice(kind: str = "hold.expiring", id: str = "n-1", placed: int = 2) -> dict[str, Any]:
    return {"type": kind, "id": id, "data": {"number": NUMBER, "placed": placed, "until": UNTIL}}


RELEASED = told("released", 3, "available", "reserved", reason="reservation_expired")


def test_notices_of_holds_that_there_were_are_clean(findings: Findings, found: list[Finding]):
    notices, history = Notices(set(), findings), History(findings)
    notices.tell(notice(), Place("lifecycle.events", 0, 0))
    notices.tell(notice("hold.expired", "n-2"), Place("lifecycle.events", 0, 1))
    for event in (ADDED, RESERVED, RELEASED):
        change = change_in(event, b"", Place("inventory.events", 0, 0))
        notices.follow(history.follow(change, True), change)
    notices.judge()
    assert found == []


def test_notices_of_nothing_and_under_two_ids_are_found(findings: Findings, found: list[Finding]):
    notices = Notices(set(), findings)
    notices.tell(notice(), Place("lifecycle.events", 0, 0))
    notices.tell(notice(id="n-2"), Place("lifecycle.events", 0, 1))
    notices.judge()
    assert [each.rule for each in found] == ["told once", "told of holds"]


def mail(message_id: str, id: str, *notices: str) -> dict[str, Any]:
    data = {"notices": list(notices), "recipient": "a@b.example", "message_id": message_id}
    return {"type": "notification.sent", "id": id, "subject": "acme", "data": data}


def test_a_notice_is_in_one_mail_for_each_addressee(findings: Findings, found: list[Finding]):
    mails, place = Mails({"n-1", "n-2"}, findings), Place("notification.events", 0, 0)
    mails.tell(mail("<1@x>", "e-1", "n-1", "n-2"), place)
    mails.tell({**mail("<2@x>", "e-2", "n-1"), "subject": "platform"}, place)
    mails.tell(mail("<1@x>", "e-1", "n-1", "n-2"), place)
    assert found == []
    mails.tell(mail("<3@x>", "e-3", "n-1"), place)
    mails.tell(mail("<1@x>", "e-4", "n-2"), place)
    mails.tell(mail("<5@x>", "e-5", "n-9"), place)
    assert [each.rule for each in found] == ["mailed once", "mailed once", "told of holds"]


def test_a_document_is_compared_field_by_field_with_its_event():
    at = datetime(2026, 3, 1, tzinfo=UTC)
    until = at + timedelta(days=28)
    number = Number(NUMBER, "reserved", "available", 2, at, Hold("manual", 2, until, until), Holder("acme"),
                    attributes=Attributes("v", "SG", "s"))  # fmt: skip
    document, event = number_document(number, b""), number_data(number)
    event |= {"capabilities": list(event["capabilities"]), "visible_to": list(event["visible_to"])}
    assert differences(document, event) == ""
    assert "sku is 'other' in MongoDB and 's' in the event" in differences({**document, "sku": "other"}, event)
    assert "hold is" in differences({**document, "hold": {**document["hold"], "until": document["since"]}}, event)
    assert "cannot be read" in differences({"_id": NUMBER}, event)
