"""Who may ask for what, how often, and what is the same request."""

import os
from typing import Any

import pytest

from services.gateway.domain import (
    OPERATOR,
    Asker,
    Bucket,
    command_id,
    fingerprint,
    is_command_of,
    is_for_operators,
    is_key,
    objection,
)
from services.gateway.http.actions import ADDRESSES
from services.gateway.http.limits import FAILURES, Limits

ACME = Asker("acme", ("acme.example",))
HOLDER = {"holder": {"org": "acme"}}


def number(org: str | None) -> dict[str, Any]:
    return {"holder": None if org is None else {"org": org}, "golden": False, "visible_to": []}


def test_a_bucket_gives_a_burst_and_then_as_many_as_flow_in() -> None:
    bucket = Bucket(rate=2, burst=4, at=0)
    assert [bucket.take(0) for _ in range(5)] == [0, 0, 0, 0, 0.5]
    assert bucket.take(0.5) == 0
    assert bucket.take(0.25) > 0, "a clock that goes back fills nothing"
    assert [bucket.take(100) for _ in range(4)] == [0] * 4, "and never more than a burst"
    assert not bucket.is_full(100)
    assert bucket.is_full(102)


def test_an_address_whose_tokens_nobody_knows_waits_and_others_do_not() -> None:
    time = 0.0
    limits = Limits(rate=10, now=lambda: time)
    for _ in range(FAILURES):
        assert limits.blocked("there") == 0
        limits.failed("there")
    assert limits.blocked("there") > 0
    assert limits.blocked("here") == 0
    time = 2.0
    assert limits.blocked("there") == 0


def test_each_token_has_its_own_rate() -> None:
    limits = Limits(rate=1, now=lambda: 0.0)
    assert [limits.asked("a"), limits.asked("a"), limits.asked("b")] == [0, 0, 0]
    assert limits.asked("a") == 1


def test_an_org_reserves_for_itself_and_gives_back_what_it_holds() -> None:
    for command in ("number.reserve", "number.release"):
        assert not is_for_operators(command, ACME)
    assert objection("number.reserve", ACME, number(None), HOLDER) is None
    assert objection("number.release", ACME, number("acme"), {}) is None
    assert "own" not in (objection("number.reserve", ACME, number(None), {"holder": {"org": "beta"}}) or "own")
    for org in (None, "beta"):
        assert "does not hold" in (objection("number.release", ACME, number(org), {}) or "")


def test_everything_else_is_for_operators() -> None:
    others = {message.model_fields["type"].annotation.__args__[0] for message in ADDRESSES.values()}
    others -= {"number.reserve", "number.release"}
    for command in (*others, "number.add", "number.update", "number.import"):
        assert is_for_operators(command, ACME)
        assert not is_for_operators(command, OPERATOR)
        assert objection(command, OPERATOR, number("beta"), {}) is None


def test_the_id_of_a_command_tells_its_token_whose_it_is_and_nobody_else() -> None:
    for _ in range(200):
        id = command_id("token", os.urandom(8))
        assert is_command_of("token", id)
        assert not is_command_of("other", id)
    assert not is_command_of("token", "gw-")
    assert not is_command_of("token", id.upper())


KEYS = [("k", True), ("~" * 255, True), ("", False), ("a b", False), ("\u00e9", False), ("k" * 256, False)]


@pytest.mark.parametrize(("key", "good"), KEYS)
def test_a_key_is_of_visible_characters(key: str, good: bool) -> None:
    assert is_key(key) is good


def test_requests_differ_where_any_part_does() -> None:
    assert fingerprint("a", "b") == fingerprint("a", "b")
    assert fingerprint("a", "b") != fingerprint("ab", "")
