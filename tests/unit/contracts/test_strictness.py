"""What is read of an envelope, and what is not."""

from typing import Any

import pytest
from pydantic import ValidationError

from contracts.inventory import AddNumber, ReleaseNumber, UpdateNumber
from tests.unit.contracts.builders import envelope, read, without

ADDED = {"vendor": "v1", "country": "SG", "sku": "sg-local"}


def add(**data: Any) -> dict[str, Any]:
    return envelope("number.add", data={**ADDED, **data})


def test_an_envelope_needs_six_attributes_and_data() -> None:
    assert isinstance(read(envelope()), ReleaseNumber)
    for name in ("specversion", "id", "source", "type", "subject", "data"):
        with pytest.raises(ValidationError):
            read(without(name))


@pytest.mark.parametrize(
    "changes",
    [
        {"specversion": "0.3"},
        {"specversion": 1.0},
        {"id": ""},
        {"id": "x" * 129},
        {"id": 7},
        {"source": ""},
        {"source": "not a reference"},
        {"type": "number.explode"},
        {"type": 1},
        {"subject": "6531580001"},
        {"subject": "+65 3158 0001"},
        {"subject": None},
        {"time": "2026-03-01T12:00:00"},
        {"time": 1_772_366_400},
        {"data": None},
        {"data": []},
        {"data": "{}"},
        {"data": {}},
        {"data": {"remark": 7}},
        {"data": {"remark": "x" * 501}},
    ],
)
def test_a_wrong_attribute_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        read(envelope(**changes))


@pytest.mark.parametrize(
    "data",
    [
        {"golden": "true"},
        {"golden": 1},
        {"ported_in": None},
        {"vendor": 1},
        {"capabilities": "voice"},
        {"capabilities": ["telepathy"]},
        {"capabilities": {"voice": True}},
        {"visible_to": [1]},
        {"visible_to": ["a.example"] * 65},
        {"expected_version": "1"},
        {"expected_version": 1.5},
        {"expected_version": True},
        {"expected_version": -1},
    ],
)
def test_nothing_is_made_into_what_it_is_not(data: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        read(add(**data))


def test_attributes_and_fields_that_nobody_knows_are_ignored() -> None:
    plain = read(add())
    assert read(add(colour="red", nested={"a": [1, {"b": None}]}) | {"dataschema": "x", "tenant": 3}) == plain


def test_a_number_of_70_digits_is_ignored_where_nobody_reads_it_and_refused_where_somebody_does() -> None:
    huge = "9" * 70
    assert isinstance(read(envelope(data={"remark": "x", "colour": int(huge)})), ReleaseNumber)
    with pytest.raises(ValidationError):
        read(envelope(data={"remark": "x", "expected_version": int(huge)}))


@pytest.mark.parametrize("text", ["\\ud800", "a\\udfffb", "\\ud800\\u0041"])
def test_half_a_surrogate_pair_is_refused_wherever_it_stands(text: str) -> None:
    for line in ('{"remark": "%s"}', '{"remark": "x", "colour": "%s"}', '{"remark": "x", "%s": 1}'):
        value = '{"specversion": "1.0", "id": "1", "source": "/t", "type": "number.release", "subject": "+6531580001",'
        with pytest.raises(ValidationError):
            read(f'{value} "data": {line % text}}}')


@pytest.mark.parametrize(
    "changes",
    [{"id": "a\x00"}, {"source": "/a\x00"}, {"actor": "\x00"}, {"correlationid": "\x00"}, {"data": {"remark": "\x00"}}],
)
def test_nul_is_refused_because_documents_cannot_be_named_with_it(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        read(envelope(**changes))


@pytest.mark.parametrize("depth", [300, 100_000])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_data_nested_beyond_reason_are_a_fault_of_the_record_and_not_of_the_reader(
    depth: int, opening: str, closing: str
) -> None:
    nested = opening * depth + "1" + closing * depth
    with pytest.raises(ValidationError):
        read(f'{{"specversion": "1.0", "type": "number.release", "data": {{"deep": {nested}}}}}')


@pytest.mark.parametrize(
    "value", [b"", b"null", b"[]", b'"text"', b"7", b"{", b"NaN", b"\xff\xfe", b"\x00", "{}", b"{} {}", b"\x1f\x8b"]
)
def test_what_is_no_object_is_refused(value: bytes) -> None:
    with pytest.raises(ValidationError):
        read(value)


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_what_is_no_number_is_refused_where_one_is_read(word: str) -> None:
    with pytest.raises(ValidationError):
        read(
            '{"specversion": "1.0", "id": "1", "source": "/t", "type": "number.release", "subject": "+6531580001",'
            f' "data": {{"remark": "x", "expected_version": {word}}}}}'
        )


def test_an_update_tells_what_is_absent_from_what_is_null() -> None:
    update = read(envelope("number.update", data={"routing": None, "sku": "sg-gold"}))
    assert isinstance(update, UpdateNumber)
    assert update.data.model_fields_set == {"routing", "sku"}


@pytest.mark.parametrize("name", ["vendor", "country", "sku"])
def test_what_a_number_cannot_be_without_cannot_be_cleared(name: str) -> None:
    with pytest.raises(ValidationError):
        read(envelope("number.update", data={name: None}))


def test_a_number_that_is_added_speaks_unless_said_otherwise() -> None:
    added = read(add())
    assert isinstance(added, AddNumber)
    assert added.data.capabilities == ("voice",)


@pytest.mark.parametrize(
    ("state", "also", "fits"),
    [
        ("available", {}, True),
        ("deleted", {}, True),
        ("reserved", {"holder": {"org": "acme"}}, True),
        ("reserved", {"holder": {"org": "acme"}, "hold": {"cause": "manual"}}, True),
        ("reserved", {}, False),
        ("locked", {}, True),
        ("locked", {"hold": {"cause": "locked", "until": None}}, True),
        ("locked", {"holder": {"org": "acme"}}, False),
        ("assigned", {"holder": {"org": "acme"}, "subscription": "S-1"}, True),
        ("assigned", {"holder": {"org": "acme"}}, False),
        ("assigned", {"subscription": "S-1"}, False),
        ("available", {"hold": {"cause": "manual"}}, False),
        ("available", {"subscription": "S-1"}, False),
        ("lost", {}, False),
    ],
)
def test_an_import_has_what_its_state_needs_and_nothing_else(state: str, also: dict[str, Any], fits: bool) -> None:
    data = {**ADDED, "state": state, "since": "2026-01-01T00:00:00Z", **also}
    if fits:
        assert read(envelope("number.import", data=data)).type == "number.import"
    else:
        with pytest.raises(ValidationError):
            read(envelope("number.import", data=data))
