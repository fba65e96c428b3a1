import json

import pytest

from services.chassis.records import Record
from services.chassis.work import derived_id
from services.ops.asking import Answer, Waiting, exit_of
from services.ops.envelopes import Sending
from services.ops.faults import Exit

A, B = "+6531580001", "+6531580002"
COMMANDS, EVENTS, LETTERS = "inventory.commands", "inventory.events", "inventory.commands.inventory.dlq"
END = 10  # of every partition, when listening began


def command(number=A, id="c-1", chosen=False):
    return Sending(COMMANDS, "number.reserve", number, id, b"", chosen)


def fact(id="b-1"):
    return Sending("billing.events", "subscription.expired", "S-1", id, b"")


def waiting(*sendings, answered_in=EVENTS):
    return Waiting(sendings, answered_in, {(answered_in, 0): END, (LETTERS, 0): END})


def record(envelope, topic=EVENTS, offset=END, headers=()):
    return Record(topic, 0, offset, 0, None, json.dumps(envelope).encode(), headers)


def answer(cause="c-1", number=A, type="number.reserved", id="e-1"):
    return {"specversion": "1.0", "id": id, "type": type, "subject": number, "causationid": cause, "data": {}}


def test_an_answer_is_the_event_that_the_command_caused():
    asked = waiting(command())
    assert asked.take(record(answer()))
    assert asked.over
    assert asked.answers[0].envelope["type"] == "number.reserved"


def test_events_that_others_caused_are_no_answers():
    asked = waiting(command())
    for other in (answer(cause="c-2"), answer(number=B), {"type": "x"}, []):
        assert not asked.take(record(other))
    assert not asked.take(Record(EVENTS, 0, END, 0, b"k", None))
    assert not asked.take(Record(EVENTS, 0, END, 0, b"k", b"\xff"))
    assert not asked.over


def test_answers_come_in_any_order_and_are_told_in_that_of_the_numbers():
    asked = waiting(command(A, "c-1"), command(B, "c-2"))
    assert asked.take(record(answer("c-2", B)))
    assert asked.take(record(answer("c-1", A)))
    assert [each.envelope["subject"] for each in asked.answers] == [A, B]


def test_an_answer_counts_once():
    asked = waiting(command())
    assert asked.take(record(answer()))
    assert not asked.take(record(answer()))


def test_an_id_that_is_used_again_finds_the_answer_of_the_first_time():
    asked = waiting(command(chosen=True))
    first = answer(id=derived_id("/inventory", A, "/ops", "c-1", "number.reserved", 0))
    assert asked.take(record(first, offset=END - 1))


def test_an_old_answer_to_somebody_else_with_the_same_id_is_none():
    asked = waiting(command(chosen=True))
    stranger = answer(id=derived_id("/inventory", A, "/crm", "c-1", "number.reserved", 0))
    assert not asked.take(record(stranger, offset=END - 1))


@pytest.mark.parametrize("link", ["causationid", "correlationid"])
def test_provisioning_answers_at_the_end_of_a_chain(link):
    asked = waiting(fact(), answered_in="provisioning.events")
    data = {"subscription": "S-1", "request": "subscription.expired", "numbers": []}
    envelope = {"id": "p-1", "type": "provisioning.completed", link: "b-1", "data": data}
    assert asked.take(record(envelope, "provisioning.events"))


def test_an_answer_to_another_request_of_the_chain_is_not_ours():
    asked = waiting(fact(), answered_in="provisioning.events")
    envelope = {"type": "provisioning.completed", "correlationid": "b-1", "data": {"request": "subscription.renewed"}}
    assert not asked.take(record(envelope, "provisioning.events"))


def test_a_dead_letter_ends_the_waiting_and_says_why():
    asked = waiting(command())
    letter = {"id": "c-1", "source": "/ops", "type": "number.reserve"}
    assert asked.take(record(letter, LETTERS, headers=(("nb-reason", b"data.remark: is missing."),)))
    assert asked.answers[0].dead_letter == "data.remark: is missing."


REJECTED = {"type": "command.rejected"}
ACCEPTED = {"type": "number.reserved"}


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ([ACCEPTED], Exit.ACCEPTED),
        ([ACCEPTED, REJECTED], Exit.REJECTED),
        ([{"type": "provisioning.failed"}], Exit.REJECTED),
        ([{"type": "provisioning.completed"}], Exit.ACCEPTED),
        ([ACCEPTED, None], Exit.NO_ANSWER),
        ([REJECTED, None, ACCEPTED], Exit.NO_ANSWER),
    ],
)
def test_the_exit_code_says_the_worst_and_a_missing_answer_is_worse_than_a_rejection(answers, code):
    assert exit_of([Answer(command(), envelope) for envelope in answers]) == code


def test_a_dead_letter_is_no_answer():
    assert exit_of([Answer(command(), dead_letter="odd")]) == Exit.NO_ANSWER
