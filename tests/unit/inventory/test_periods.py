"""How long numbers rest, and from when."""

from datetime import timedelta

import pytest

from contracts.fields import LATEST
from contracts.policy import Policy
from services.inventory.domain import Number, decide
from tests.unit.inventory.builders import ACME, DAY, NOW, NUMBER, SHIPPED, after, command, number_that_is, terms

MINUTE = timedelta(minutes=1)
PERIODS = [  # cause, normal, ported in
    ("subscription_expired", 56, 84),
    ("subscription_terminated", 28, 56),
    ("swapped_out", 1, 28),
    ("removed", 1, 28),
]


@pytest.mark.parametrize(("cause", "normal", "ported_in"), PERIODS)
def test_a_lost_number_rests_for_the_period_of_its_cause(cause, normal, ported_in):
    for ported, days in ((False, normal), (True, ported_in)):
        hold = after(number_that_is("assigned", ported_in=ported), "number.unassign", cause=cause).standing_hold()
        assert (hold.cause, hold.until, hold.free_until) == (cause, NOW + days * DAY, NOW + days * DAY)


@pytest.mark.parametrize("ported_in", [False, True])
@pytest.mark.parametrize(("name", "cause"), [("number.reserve", "manual"), ("number.lock", "locked")])
def test_a_number_set_aside_or_locked_by_hand_rests_for_28_days(name, cause, ported_in):
    hold = after(number_that_is("available", ported_in=ported_in), name).standing_hold()
    assert (hold.cause, hold.until) == (cause, NOW + 28 * DAY)


@pytest.mark.parametrize(("cause", "normal", "ported_in"), [*PERIODS, ("manual", 28, 28), ("locked", 28, 28)])
def test_an_imported_hold_lasts_by_policy_from_the_beginning_of_its_state(cause, normal, ported_in):
    state, holder = ("locked", None) if cause == "locked" else ("reserved", ACME)
    for ported, days in ((False, normal), (True, ported_in)):
        number = after(
            Number(NUMBER), "number.import", ported_in=ported, state=state, holder=holder, since=NOW - 9 * DAY,
            hold={"cause": cause},
        )  # fmt: skip
        assert number.standing_hold().until == NOW + (days - 9) * DAY


def test_exceptions_of_the_policy_depend_on_country_sku_and_type_at_that_time():
    longer = {"manual": {"normal": "90d", "ported_in": "90d"}}
    override = {"country": "SG", "sku": "sg-gold", "number_type": "voip", "period": longer}
    policy = Policy.model_validate(SHIPPED.model_dump() | {"override": [override]})
    number = after(number_that_is("available"), "number.update", sku="sg-gold")

    reserved = decide(number, "number.reserve", command("number.reserve").data, terms(policy=policy)).outcome

    assert isinstance(reserved, Number)
    assert reserved.standing_hold().until == NOW + 90 * DAY


@pytest.mark.parametrize(
    ("effective", "begin"),
    [
        (None, 10 * DAY),
        (9 * DAY, 9 * DAY),
        (DAY, DAY),
        (-5 * DAY, timedelta(0)),  # before it was assigned
        (10 * DAY + 5 * MINUTE, 10 * DAY + 5 * MINUTE),
    ],
)
def test_a_hold_begins_when_it_takes_effect_but_never_before_the_present_state(effective, begin):
    number = number_that_is("assigned", at=NOW)
    data = {} if effective is None else {"effective_at": NOW + effective}

    held = after(number, "number.unassign", at=NOW + 10 * DAY, **data)

    assert held.since == NOW + begin
    assert held.standing_hold().until == NOW + begin + 56 * DAY


def test_a_state_never_begins_before_the_present_one_when_clocks_disagree():
    ahead = NOW + 5 * MINUTE
    held = after(number_that_is("assigned"), "number.unassign", effective_at=ahead)

    for name in ("number.release", "number.assign"):
        assert after(held, name, at=NOW).since == ahead


def test_time_ends_with_the_year_9999():
    number = after(number_that_is("available"), "number.reserve", at=LATEST)
    assert number.standing_hold().until == LATEST
