"""Of several reasons to refuse the first is said. Each ladder begins with every fault, and mends one a step."""

import pytest

from services.inventory.domain import Classified, Number, Rejected, decide
from tests.unit.inventory.builders import ACME, DAY, NOW, NUMBER, RIVAL, after, command, number_that_is, terms

LATER = "2026-03-01T00:05:00.001Z"  # a millisecond more than the clocks of others may be ahead
UNKNOWN = Number(NUMBER)
STRANGE = {"placed": 7, "sku": "us-toll-free", "subscription": "S-9"}
GOLDEN = number_that_is("available", golden=True)
DELETED_LONG_AGO = number_that_is("deleted", at=NOW - 2 * DAY)

LADDERS = {
    "number.update": [(UNKNOWN, "unknown_number"), ("deleted", "version_mismatch"), ({}, "invalid_transition")],
    "number.assign": [
        (UNKNOWN, "unknown_number"),
        ("locked", "version_mismatch"),
        ({}, "invalid_transition"),
        (number_that_is("reserved", golden=True), "stale_hold"),
        ({"placed": 2}, "held_by_another"),
        ({"holder": ACME}, "sku_mismatch"),
        ({"sku": "sg-local"}, None),
    ],
    "number.extend": [
        (UNKNOWN, "unknown_number"),
        ("assigned", "version_mismatch"),
        ({}, "invalid_transition"),
        ("reserved", "held_by_another"),
        ({"holder": ACME}, "until_not_later"),
        ({"until": "2026-03-29T00:00:00.001Z"}, None),
    ],
    "number.end_extension": [
        (UNKNOWN, "unknown_number"),
        ("available", "version_mismatch"),
        ({}, "time_in_future"),
        ({"effective_at": "2026-03-01T00:05:00Z"}, "invalid_transition"),
        ("extended", "not_extended_by"),
        ({"did_reservation": "R-1"}, None),
    ],
    "number.transfer": [
        (UNKNOWN, "unknown_number"),
        ("reserved", "version_mismatch"),
        ({}, "invalid_transition"),
        ("assigned", "not_assigned_to_subscription"),
        ({"subscription": "S-1"}, None),
    ],
    "number.unassign": [
        (UNKNOWN, "unknown_number"),
        ("reserved", "version_mismatch"),
        ({}, "time_in_future"),
        ({"effective_at": "2026-03-01T00:05:00Z"}, "invalid_transition"),
        ("assigned", "unknown_cause"),
        ({"cause": "swapped_out"}, "not_assigned_to_subscription"),
        ({"subscription": "S-1"}, None),
    ],
    "number.expire": [
        (UNKNOWN, "unknown_number"),
        ("available", "version_mismatch"),
        ({}, "invalid_transition"),
        ("locked", "stale_hold"),
        ({"placed": 2}, "hold_not_due"),
    ],
    "number.restore": [
        (UNKNOWN, "unknown_number"),
        ("assigned", "version_mismatch"),
        ({}, "invalid_transition"),
        (DELETED_LONG_AGO, "changed_since"),
        ({"version": 2}, "undo_window_over"),
        ("deleted", None),
    ],
}
WORST = {
    "number.update": {},
    "number.assign": {**STRANGE, "holder": RIVAL},
    "number.extend": {"holder": RIVAL, "until": "2026-03-29T00:00:00Z"},
    "number.end_extension": {"effective_at": LATER, "did_reservation": "R-9"},
    "number.transfer": {"subscription": "S-9"},
    "number.unassign": {"effective_at": LATER, "cause": "bored", "subscription": "S-9"},
    "number.expire": {"placed": 7},
    "number.restore": {"version": 7},
}


def code_of(number, name, **data):
    outcome = decide(number, name, command(name, **data).data, terms()).outcome
    return outcome.code if isinstance(outcome, Rejected) else None


@pytest.mark.parametrize("name", LADDERS)
def test_the_first_of_several_reasons_is_said(name):
    number, data = UNKNOWN, WORST[name] | {"expected_version": 9}
    for mended, code in LADDERS[name]:
        if isinstance(mended, dict):
            data = {field: value for field, value in (data | mended).items() if field != "expected_version"}
        else:
            number = mended if isinstance(mended, Number) else number_that_is(mended)
        assert code_of(number, name, **data) == code


def refusing(**changes):
    return terms()._replace(classify=lambda number: Classified("unknown", f"{number} is none."), **changes)


def test_a_number_that_is_there_is_not_added_before_anything_else_is_looked_at():
    worst = {"expected_version": 9, "state": "reserved", "since": LATER, "holder": ACME, "hold": {"cause": "bored"}}
    mended = [
        (number_that_is("assigned"), refusing(), {}, "already_exists"),
        (UNKNOWN, refusing(), {}, "invalid_number"),
        (UNKNOWN, terms(), {}, "version_mismatch"),
        (UNKNOWN, terms(), {"expected_version": 0}, "time_in_future"),
        (UNKNOWN, terms(), {"expected_version": 0, "since": "2026-03-01T00:05:00Z"}, "unknown_cause"),
    ]
    for number, given, changes, code in mended:
        asked = command("number.import", **(worst | changes)).data
        outcome = decide(number, "number.import", asked, given).outcome
        assert isinstance(outcome, Rejected)
        assert outcome.code == code


@pytest.mark.parametrize("name", ["number.add", "number.import"])
@pytest.mark.parametrize(("expected", "code"), [(None, None), (0, None), (1, "version_mismatch")])
def test_an_unknown_number_is_at_version_0(name, expected, code):
    assert code_of(UNKNOWN, name, expected_version=expected) == code


@pytest.mark.parametrize(
    ("number", "data", "code"),
    [
        (number_that_is("available"), {"holder": None}, "invalid_transition"),
        (number_that_is("available"), {"holder": None, "placed": 2}, "invalid_transition"),
        (number_that_is("available"), {"placed": 1}, "stale_hold"),
        (GOLDEN, {"placed": 1}, "stale_hold"),
        (GOLDEN, {"sku": "us-toll-free"}, "golden_must_be_reserved_first"),
        (GOLDEN, {}, "golden_must_be_reserved_first"),
        (after(GOLDEN, "number.reserve"), {}, None),
        (number_that_is("available"), {"sku": "us-toll-free"}, "sku_mismatch"),
        (number_that_is("available"), {"sku": "sg-local"}, None),
        (number_that_is("reserved"), {"holder": None}, None),
        (number_that_is("reserved"), {"placed": 2}, None),
        (number_that_is("extended"), {"placed": 2}, None),
        (number_that_is("reserved"), {"placed": 1}, "stale_hold"),
        (number_that_is("reserved"), {"holder": RIVAL}, "held_by_another"),
        (number_that_is("reserved"), {"holder": {"org": "acme", "kind": "partner"}}, None),
    ],
)
def test_who_may_have_a_number_assigned(number, data, code):
    assert code_of(number, "number.assign", **data) == code


@pytest.mark.parametrize("cause", ["manual", "locked", "bored"])
def test_a_lost_number_rests_for_a_cause_of_the_policy_only(cause):
    assert code_of(number_that_is("assigned"), "number.unassign", cause=cause) == "unknown_cause"


@pytest.mark.parametrize(
    ("state", "cause", "code"),
    [
        ("reserved", "manual", None), ("reserved", "swapped_out", None), ("reserved", "locked", "unknown_cause"),
        ("locked", "locked", None), ("locked", "manual", "unknown_cause"), ("locked", "bored", "unknown_cause"),
    ],
)  # fmt: skip
def test_an_imported_hold_has_a_cause_of_its_state(state, cause, code):
    holder = ACME if state == "reserved" else None
    assert code_of(UNKNOWN, "number.import", state=state, holder=holder, hold={"cause": cause}) == code


@pytest.mark.parametrize(
    ("until", "code"),
    [("2026-03-28T23:59:59Z", "until_not_later"), ("2026-03-29T00:00:00Z", "until_not_later"),
     ("2026-03-29T00:00:00.001Z", None)],
)  # fmt: skip
def test_an_extension_is_later_than_the_present_end(until, code):
    assert code_of(number_that_is("reserved"), "number.extend", until=until) == code


def test_a_reservation_for_ever_cannot_be_extended():
    number = after(UNKNOWN, "number.import", state="reserved", holder=ACME, hold={"cause": "manual", "until": None})
    assert code_of(number, "number.extend") == "until_not_later"


def test_a_number_locked_for_ever_never_expires():
    number = after(number_that_is("available"), "number.lock", until=None)
    assert code_of(number, "number.expire") == "hold_not_due"


def test_a_hold_is_due_at_its_very_end():
    number = number_that_is("reserved")
    ask = command("number.expire").data
    due = terms(number.standing_hold().until)

    assert decide(number, "number.expire", ask, due).event == "number.released"
    early = decide(number, "number.expire", ask, terms(NOW)).outcome
    assert isinstance(early, Rejected)
    assert early.code == "hold_not_due"
