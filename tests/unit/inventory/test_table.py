"""Every command in every state: what it is answered with."""

from typing import get_args

import pytest

from contracts.topics import INVENTORY_COMMANDS
from contracts.transitions import LEGAL
from services.inventory.domain import DECISIONS, Rejected, decide
from tests.unit.inventory.builders import COMMANDS, NOW, WAYS, command, number_that_is, terms

STATES = ("unknown", "available", "reserved", "extended", "locked", "assigned", "deleted")
NONE, HAVE, NOT = "unknown_number", "already_exists", "invalid_transition"
TABLE = {
    "number.add": ("number.added", HAVE, HAVE, HAVE, HAVE, HAVE, HAVE),
    "number.import": ("number.imported", HAVE, HAVE, HAVE, HAVE, HAVE, HAVE),
    "number.update": (NONE, *["number.updated"] * 5, NOT),
    "number.reserve": (NONE, "number.reserved", NOT, NOT, NOT, NOT, NOT),
    "number.extend": (NONE, NOT, "number.reservation_extended", "until_not_later", NOT, NOT, NOT),
    "number.end_extension": (NONE, NOT, "not_extended_by", "number.reservation_extension_ended", NOT, NOT, NOT),
    "number.release": (NONE, NOT, "number.released", "number.released", NOT, NOT, NOT),
    "number.assign": (NONE, "number.assigned", "number.assigned", "number.assigned", NOT, NOT, NOT),
    "number.transfer": (NONE, NOT, NOT, NOT, NOT, "number.transferred", NOT),
    "number.unassign": (NONE, NOT, NOT, NOT, NOT, "number.reserved", NOT),
    "number.lock": (NONE, "number.locked", NOT, NOT, NOT, NOT, NOT),
    "number.unlock": (NONE, NOT, NOT, NOT, "number.unlocked", NOT, NOT),
    "number.delete": (NONE, "number.deleted", NOT, NOT, "number.deleted", NOT, NOT),
    "number.recover": (NONE, NOT, NOT, NOT, NOT, NOT, "number.recovered"),
    "number.expire": (NONE, NOT, "hold_not_due", "hold_not_due", "hold_not_due", NOT, NOT),
    "number.restore": (NONE, NOT, NOT, "changed_since", "number.restored", NOT, "number.restored"),
}
CASES = [(name, state, answer) for name, row in TABLE.items() for state, answer in zip(STATES, row, strict=True)]


@pytest.mark.parametrize(("name", "state", "answer"), CASES, ids=lambda value: str(value))
def test_a_command_in_a_state_is_answered_with(name, state, answer):
    number = number_that_is(state)

    event, outcome = decide(number, name, command(name).data, terms())

    if isinstance(outcome, Rejected):
        assert (event, outcome.code) == ("command.rejected", answer)
    else:
        assert (event, outcome.version) == (answer, number.version + 1)


def test_the_table_knows_every_command_and_every_state():
    assert tuple(TABLE) == COMMANDS == tuple(DECISIONS)
    assert tuple(WAYS) == STATES


def test_every_command_that_is_read_is_decided():
    read = {get_args(message.model_fields["type"].annotation)[0] for message in INVENTORY_COMMANDS.messages}
    assert read == {*DECISIONS}


@pytest.mark.parametrize("name", LEGAL)
def test_a_rejected_transition_says_where_the_command_is_allowed(name):
    state = next(state for state in ("deleted", "available") if state not in LEGAL[name])

    outcome = decide(number_that_is(state), name, command(name).data, terms()).outcome

    assert isinstance(outcome, Rejected)
    assert f"is {state}" in outcome.message
    assert all(allowed in outcome.message for allowed in LEGAL[name])


@pytest.mark.parametrize("name", ["number.add", "number.import"])
def test_a_deleted_number_is_recovered_and_not_added_again(name):
    outcome = decide(number_that_is("deleted"), name, command(name).data, terms()).outcome

    assert isinstance(outcome, Rejected)
    assert outcome.code == "already_exists"
    assert "is deleted; use recover" in outcome.message


def test_fixtures_stand_at_the_same_time():
    assert {number_that_is(state).since for state in STATES[1:]} == {NOW}
