"""What can be undone, for how long, and that a number is then exactly as it was."""

from datetime import timedelta

import pytest

from contracts.transitions import LEGAL, UNDOABLE
from services.inventory.domain import DECISIONS, Number, Rejected
from services.inventory.store import number_document, number_from
from tests.unit.inventory.builders import ACME, COMMANDS, DAY, NOW, NUMBER, Bank, after, command, number_that_is, told

MILLISECOND = timedelta(milliseconds=1)
PARTNER = {"org": "acme", "kind": "partner"}
MANY = {"golden": True, "ported_in": True, "visible_to": ["a.example"], "partner": "reseller"}
HELD = {"cause": "subscription_expired", "until": "2026-04-01T00:00:00Z", "subscription": "S-1"}
# The number before, and what is undone.
UNDONE = {
    "a release": (number_that_is("reserved", **MANY), "number.release"),
    "a release for a partner": (after(number_that_is("available"), "number.reserve", holder=PARTNER), "number.release"),
    "a release of what is charged": (number_that_is("extended"), "number.release"),
    "a release of what a subscription lost": (
        after(Number(NUMBER), "number.import", state="reserved", holder=ACME, hold=HELD), "number.release"),
    "a release of what is reserved for ever": (
        after(Number(NUMBER), "number.import", state="reserved", holder=ACME, hold={"cause": "manual", "until": None}),
        "number.release"),
    "a deletion": (number_that_is("available", **MANY), "number.delete"),
    "a deletion of what was locked": (number_that_is("locked"), "number.delete"),
    "an unlocking": (number_that_is("locked"), "number.unlock"),
    "an unlocking of what was locked for ever": (
        after(number_that_is("available"), "number.lock", until=None), "number.unlock"),
    "a lock": (number_that_is("available", **MANY), "number.lock"),
    "a lock after an update": (after(number_that_is("available"), "number.update"), "number.lock"),
}  # fmt: skip


@pytest.mark.parametrize("what", UNDONE)
def test_a_number_is_restored_exactly(what):
    before, name = UNDONE[what]
    changed = after(before, name, NOW + DAY)

    restored = after(changed, "number.restore", NOW + 2 * DAY, version=changed.version, remark="slip")

    assert restored == before._replace(
        previous=changed.state, version=before.version + 2, remark="slip", reason=None, former=None
    )


@pytest.mark.parametrize("what", UNDONE)
def test_what_can_be_undone_is_stored_with_what_was_before(what):
    changed = after(*UNDONE[what])
    assert number_from(number_document(changed, b"")) == changed


def test_only_what_may_be_done_by_mistake_leaves_behind_what_was():
    leaves = {
        name
        for name in LEGAL
        for state in ("available", "reserved", "extended", "locked", "assigned", "deleted")
        if isinstance(outcome := told(number_that_is(state), name, NOW + 99 * DAY), Number) and outcome.former
    }
    assert leaves == set(UNDOABLE)
    assert all(number_that_is(state).former is None for state in ("available", "reserved", "extended", "assigned"))


@pytest.mark.parametrize(
    ("passed", "code"), [(-DAY, None), (timedelta(0), None), (DAY, None), (DAY + MILLISECOND, "undo_window_over")]
)
@pytest.mark.parametrize("name", UNDOABLE)
def test_a_change_can_be_undone_for_24_hours(name, passed, code):
    changed = after(number_that_is({"release": "reserved", "unlock": "locked"}.get(name[7:], "available")), name)

    outcome = told(changed, "number.restore", NOW + passed, version=changed.version)

    assert (outcome.code if isinstance(outcome, Rejected) else None) == code


def test_the_24_hours_begin_with_the_state_as_everybody_can_see():
    ahead = NOW + timedelta(minutes=5)  # the clock that decided next was behind
    lost = after(number_that_is("assigned"), "number.unassign", effective_at=ahead)
    changed = after(lost, "number.release", NOW)

    assert changed.since == ahead
    assert after(changed, "number.restore", ahead + DAY, version=4).hold == lost.hold


OTHERS = [name for name in COMMANDS if name in LEGAL and name not in UNDOABLE]


@pytest.mark.parametrize("name", OTHERS)
def test_other_changes_cannot_be_undone(name):
    state = next(
        state for state in ("available", "reserved", "extended", "locked", "assigned", "deleted")
        if isinstance(told(number_that_is(state), name, NOW + 99 * DAY), Number)
    )  # fmt: skip
    changed = after(number_that_is(state), name, NOW + 99 * DAY)

    outcome = told(changed, "number.restore", NOW + 99 * DAY, version=changed.version)

    assert isinstance(outcome, Rejected)
    assert outcome.code == "invalid_transition"
    assert f"version {changed.version} of {NUMBER} cannot be undone" in outcome.message


@pytest.mark.parametrize(
    ("version", "code"),
    [(0, "changed_since"), (2, "changed_since"), (3, None), (4, "changed_since"), (2**53, "changed_since")],
)
def test_only_the_latest_change_can_be_undone(version, code):
    released = after(number_that_is("reserved"), "number.release")

    outcome = told(released, "number.restore", version=version)

    assert (outcome.code if isinstance(outcome, Rejected) else None) == code


@pytest.mark.parametrize("name", ["number.update", "number.reserve", "number.assign", "number.lock", "number.delete"])
def test_what_somebody_has_touched_since_cannot_be_undone(name):
    touched = after(after(number_that_is("reserved"), "number.release"), name)

    outcome = told(touched, "number.restore", version=3)

    assert isinstance(outcome, Rejected)
    assert outcome.code == "changed_since"
    assert f"is {touched.state} at version 4, not at 3" in outcome.message


def test_a_restored_number_cannot_be_restored_again():
    restored = after(number_that_is("locked"), "number.restore")

    assert told(restored, "number.restore", version=2).code == "changed_since"
    assert told(restored, "number.restore", version=3).code == "invalid_transition"


def test_a_number_that_is_released_unlocked_locked_or_deleted_again_can_be_restored_again():
    number = number_that_is("reserved")
    for _ in range(3):
        released = after(number, "number.release", NOW + DAY)
        number = after(released, "number.restore", NOW + DAY, version=released.version)
    assert (number.version, number.hold) == (8, number_that_is("reserved").hold)


def test_a_hold_whose_end_has_passed_meanwhile_is_restored_and_due_at_once():
    before = number_that_is("reserved")
    released = after(before, "number.release", NOW + 28 * DAY - MILLISECOND)
    restored = after(released, "number.restore", NOW + 28 * DAY, version=3)

    over = after(restored, "number.expire", NOW + 28 * DAY, placed=2)

    assert (restored.since, over.since, over.reason) == (NOW, NOW + 28 * DAY, "reservation_expired")


@pytest.mark.parametrize(
    ("state", "passed", "words"),
    [("locked", DAY, "then use unlock"), ("deleted", DAY, "then use recover")],
)
def test_who_comes_too_late_is_told_what_to_do_instead(state, passed, words):
    outcome = told(number_that_is(state), "number.restore", NOW + passed + MILLISECOND)
    assert isinstance(outcome, Rejected)
    assert words in outcome.message
    assert "it is 2026-03-02T00:00:00.001Z" in outcome.message


async def test_a_rejected_command_in_between_touches_nothing():
    bank = Bank()
    await bank.told(command("number.add"), command("number.reserve"), command("number.release"))

    assert await bank.types(command("number.unlock"), command("number.restore", version=3)) == [
        "invalid_transition", "number.restored",
    ]  # fmt: skip


async def test_a_restoration_is_answered_once_and_in_one_batch_with_what_it_undoes():
    bank = Bank()
    slip, undo = command("number.release"), command("number.restore", version=3, expected_version=3, id="undo")

    answers = await bank.told(command("number.add"), command("number.reserve"), slip, undo, undo)

    assert [answer["type"] for answer in answers[1:]] == ["number.reserved", "number.released", "number.restored"]
    before, restored = answers[1]["data"], answers[3]["data"]
    assert restored == before | {"version": 4, "previous": "available", "remark": "another number was meant"}
    assert await bank.types(undo) == []


async def test_what_was_before_is_stored_only_until_the_next_change():
    bank = Bank()
    await bank.told(command("number.add"))
    assert "former" not in bank.documents("numbers")[NUMBER]
    await bank.told(command("number.lock"))
    await bank.told(command("number.reserve"))
    assert bank.documents("numbers")[NUMBER]["former"]["state"] == "available"
    await bank.told(command("number.update"))
    assert "former" not in bank.documents("numbers")[NUMBER]


async def test_a_document_of_former_times_cannot_be_restored_and_lives_on():
    bank = Bank()
    await bank.told(command("number.add"), command("number.lock"))
    del bank.documents("numbers")[NUMBER]["former"]

    assert await bank.types(command("number.restore"), command("number.unlock")) == [
        "invalid_transition", "number.unlocked",
    ]  # fmt: skip
    assert await bank.types(command("number.restore", version=3)) == ["number.restored"]


def test_every_reason_to_refuse_it_stands_in_its_row():
    names = [check.__name__ for check in DECISIONS["number.restore"].checks]
    assert names == ["unknown_number", "version_mismatch", "nothing_to_undo", "changed_since", "undo_window_over"]
