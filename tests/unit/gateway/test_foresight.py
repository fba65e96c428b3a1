"""What is foreseen is what inventory decides, as long as nobody comes in between."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.inventory import Number as Told
from services.gateway.domain import Entry, entry_of
from services.gateway.domain.foresight import NEEDS_FORCE, Asking, foresee
from services.gateway.domain.plan import EXAMPLES, Plan
from services.gateway.domain.row import Refused, Row
from services.gateway.domain.verb import VERBS
from services.inventory.domain import Number, Rejected, decide
from services.inventory.events import number_data
from tests.unit.inventory.builders import LEAST, NOW, NUMBER, WAYS, after, command, number_that_is, terms


def lived(*commands: str) -> Number:
    number = Number(NUMBER)
    for type in commands:
        number = after(number, type)
    return number


STATES = {name: number_that_is(name) for name in WAYS}
UNDONE = {
    "released": ("number.add", "number.reserve", "number.release"),
    "unlocked": ("number.add", "number.lock", "number.unlock"),
    "deleted while locked": ("number.add", "number.lock", "number.delete"),
    "recovered": ("number.add", "number.delete", "number.recover"),
    "updated": ("number.add", "number.lock", "number.update"),
}
STATES |= {name: lived(*way) for name, way in UNDONE.items()}
COMMANDS = [verb.command for verb in VERBS.values()]


def entry(number: Number) -> Entry | None:
    return entry_of(Told.model_validate_json(number_json(number))) if number.version else None


def number_json(number: Number) -> bytes:
    import orjson

    return orjson.dumps(number_data(number))


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("name", COMMANDS)
def test_what_is_foreseen_is_what_inventory_decides(name: str, state: str) -> None:
    number = STATES[state]
    versions: list[Any] = [None, number.version, number.version + 1, 0]
    for expected in versions:
        for undone in (number.version - 1, number.version) if name == "number.restore" else (None,):
            data = LEAST[name] | ({} if expected is None else {"expected_version": expected})
            data |= {} if undone is None else {"version": max(undone, 0)}
            outcome = decide(number, name, command(name, **data).data, terms()).outcome
            code = outcome.code if isinstance(outcome, Rejected) else None
            foreseen = foresee(Asking(name, number.number, data, entry(number), NOW))
            assert (foreseen.version, foreseen.code) == (number.version, code), (expected, undone)
            assert (foreseen.reason is None) == (code is None)


def test_what_has_begun_in_the_future_and_what_cannot_be_undone_any_longer_is_foreseen() -> None:
    data = LEAST["number.import"] | {"since": "2026-03-02T00:00:00Z"}
    assert foresee(Asking("number.import", "+6531580001", data, None, NOW)).code == "time_in_future"
    released = STATES["released"]
    data = {"version": released.version, "remark": "x"}
    late = released.since + timedelta(hours=24, milliseconds=1)
    assert foresee(Asking("number.restore", released.number, data, entry(released), late)).code == "undo_window_over"


def test_what_others_may_use_is_recovered_with_force_only_and_numbering_plans_are_asked() -> None:
    gone = after(lived("number.add"), "number.delete", reason="ported_out")
    asked = Asking("number.recover", gone.number, {"remark": "x"}, entry(gone), NOW)
    assert (foresee(asked).code, foresee(asked).outcome) == (NEEDS_FORCE, "refused")
    assert foresee(asked, force=True).code is None
    assert foresee(asked._replace(entry=entry(STATES["deleted"]))).code is None
    joins = Asking("number.add", gone.number, {}, None, NOW, lambda number: f"{number} is too long.")
    assert foresee(joins).code == "invalid_number"


rows = st.lists(st.tuples(st.integers(2, 99), st.sampled_from(["+6531580001", "+6531580002"]), st.text(max_size=3)))


@given(rows, rows)
def test_a_plan_is_told_from_every_other(some: list[Any], others: list[Any]) -> None:
    def plan(rows: list[Any], version: int = 1) -> Plan:
        made = Plan("number.release", {"remark": "x"})
        for line, number, remark in rows:
            entry: Entry = {"version": version, "state": "reserved"}
            data = {"remark": remark}
            made.foreseen(Row(line, number, data), foresee(Asking("number.release", number, data, entry, NOW)))
        return made

    assert (plan(some).hash == plan(others).hash) == (some == others)
    assert plan(some).hash != plan(some, version=2).hash or not some


def test_a_plan_counts_all_and_shows_few() -> None:
    plan = Plan("number.release", {})
    for line in range(2, 12):
        plan.refused(Refused(line, "x", "wrong_number", "No."))
        plan.foreseen(Row(line, "+6531580001", {}), foresee(Asking("number.release", "+6531580001", {}, None, NOW)))
    assert plan.rows == 20
    assert plan.outcomes == {"refused": 10, "rejected": 10}
    assert plan.codes == {"wrong_number": 10, "unknown_number": 10}
    assert [len(each) for each in plan.examples.values()] == [EXAMPLES] * 2
