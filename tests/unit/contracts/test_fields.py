"""What a field carries, and what it refuses."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis.strategies import datetimes, just
from pydantic import TypeAdapter, ValidationError

from contracts.fields import (
    E164,
    EARLIEST,
    LATEST,
    Attribute,
    Code,
    Country,
    Email,
    Holder,
    Instant,
    Name,
    Remark,
    Source,
    Version,
    format_instant,
    format_milliseconds,
    milliseconds_of,
    parse_instant,
)

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def refuses(kind: Any, value: object) -> bool:
    try:
        TypeAdapter(kind).validate_python(value, strict=True)
    except ValidationError:
        return True
    return False


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-03-01T12:00:00Z", NOON),
        ("2026-03-01t12:00:00z", NOON),
        ("2026-03-01T12:00:00+00:00", NOON),
        ("2026-03-01T12:00:00-00:00", NOON),
        ("2026-03-01T20:00:00+08:00", NOON),
        ("2026-03-01T06:30:00-05:30", NOON),
        ("2026-03-02T11:59:00+23:59", NOON),
        ("2026-03-01T12:00:00.5Z", NOON + timedelta(milliseconds=500)),
        ("2026-03-01T12:00:00.000Z", NOON),
        ("2024-02-29T00:00:00Z", datetime(2024, 2, 29, tzinfo=UTC)),
        ("1900-01-01T00:00:00Z", datetime(1900, 1, 1, tzinfo=UTC)),
        ("9999-12-31T23:59:59.999Z", datetime(9999, 12, 31, 23, 59, 59, 999000, tzinfo=UTC)),
        ("9999-12-31T23:59:59.999999999Z", datetime(9999, 12, 31, 23, 59, 59, 999000, tzinfo=UTC)),
    ],
)
def test_a_time_with_an_offset_is_read_as_utc(written: str, meant: datetime) -> None:
    read = parse_instant(written)
    assert read == meant
    assert read.tzinfo is UTC


@pytest.mark.parametrize("fraction", ["1234", "123456", "1234567", "123999999"])
def test_what_is_below_a_millisecond_is_cut_off_and_never_rounded(fraction: str) -> None:
    assert parse_instant(f"2026-03-01T12:00:00.{fraction}Z") == NOON + timedelta(milliseconds=123)


@pytest.mark.parametrize(
    "written",
    [
        "2026-03-01T12:00:00",  # naive
        "2026-03-01 12:00:00Z",
        "2026-03-01",
        "12:00:00Z",
        "20260301T120000Z",
        "2026-03-01T12:00Z",
        "2026-03-01T12Z",
        "2026-W09-7T12:00:00Z",
        "2026-03-01T12:00:00+0800",
        "2026-03-01T12:00:00+08",
        "2026-03-01T12:00:00,5Z",
        "2026-03-01T12:00:00.Z",
        "2026-03-01T12:00:00.1234567890Z",
        "2026-03-01T23:59:60Z",  # leap second
        "2026-03-01T24:00:00Z",
        "2026-02-29T12:00:00Z",
        "2026-00-01T12:00:00Z",
        "2026-03-01T12:00:00+24:00",
        "2026-03-01T12:00:00+00:60",
        "1899-12-31T23:59:59.999Z",
        "1900-01-01T00:00:00+00:01",
        "0001-01-01T00:00:00+10:00",
        "9999-12-31T23:59:59-01:00",
        "10000-01-01T00:00:00Z",
        "-2026-03-01T12:00:00Z",
        "२०२६-03-01T12:00:00Z",
        "2026-03-01T12:00:00Z\n",
        " 2026-03-01T12:00:00Z",
        "now",
        "",
    ],
)
def test_what_is_no_time_of_rfc_3339_with_an_offset_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_instant(written)


@pytest.mark.parametrize("value", [1_772_366_400, 1_772_366_400.0, "1772366400", True, None, [], {}])
def test_a_time_is_never_read_from_anything_but_a_time(value: object) -> None:
    assert refuses(Instant, value)


def test_a_naive_datetime_is_refused_and_an_aware_one_turned_into_utc() -> None:
    assert refuses(Instant, datetime(2026, 3, 1, 12))
    abroad = datetime(2026, 3, 1, 20, microsecond=123_456, tzinfo=timezone(timedelta(hours=8)))
    assert parse_instant(abroad) == NOON + timedelta(milliseconds=123)


@pytest.mark.parametrize(
    ("at", "written"),
    [
        (NOON, "2026-03-01T12:00:00Z"),
        (NOON + timedelta(milliseconds=500), "2026-03-01T12:00:00.500Z"),
        (NOON + timedelta(milliseconds=7), "2026-03-01T12:00:00.007Z"),
        (datetime(1900, 1, 1, tzinfo=UTC), "1900-01-01T00:00:00Z"),
    ],
)
def test_a_time_is_written_in_utc_with_whole_milliseconds(at: datetime, written: str) -> None:
    assert format_instant(at) == written
    assert parse_instant(written) == at


@given(datetimes(EARLIEST.replace(tzinfo=None), LATEST.replace(tzinfo=None), timezones=just(UTC)))
def test_a_stored_time_is_written_as_the_instant_that_it_is(at: datetime) -> None:
    assert format_milliseconds(milliseconds_of(at)) == format_instant(parse_instant(at))


@pytest.mark.parametrize("number", ["+6531580001", "+1234567", "+123456789012345"])
def test_a_canonical_number_is_plus_and_7_to_15_digits(number: str) -> None:
    assert not refuses(E164, number)


@pytest.mark.parametrize(
    "number",
    [
        "",
        "+",
        "6531580001",
        "006531580001",
        "+65 3158 0001",
        "+65-3158-0001",
        "+65(3158)0001",
        "+123456",
        "+1234567890123456",
        "++6531580001",
        "+6531580001\n",
        "\n+6531580001",
        "+6531580001 ",
        "+6531580001\x00",
        "+٦٥٣١٥٨٠٠٠١",
        "+６５３１５８０００１",  # noqa: RUF001
        "+653158000¹",
        "＋6531580001",  # noqa: RUF001
        "+653158000a",
        "tel:+6531580001",
        6531580001,
        None,
    ],
)
def test_anything_else_is_no_number(number: object) -> None:
    assert refuses(E164, number)


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (Name, ["a", "x" * 128, "日本", "a b"], ["", "x" * 129, "a\x00b", 1, None]),
        (Attribute, ["x" * 64], ["", "x" * 65]),
        (Remark, ["x" * 500, "two\nlines"], ["", "x" * 501, "\x00"]),
        (Country, ["SG", "MY"], ["sg", "SGP", "S", "S1", "SG\n", ""]),
        (Code, ["manual", "swapped_out", "a1"], ["Manual", "1a", "_a", "a-b", "a\n", ""]),
        (Source, ["/ops", "https://example.com/a?b#c", "urn:x:y"], ["", " /ops", "/o ps", "/ops\n", "<a>", "x" * 257]),
        (Email, ["a@b.example", "a+b@b.example"], ["a", "a@", "@b", "a b@c", "a@b\n", "A <a@b>", "a@b,c@d"]),
        (Version, [0, 1, 2**53], [-1, 2**53 + 1, 2**63, 10**70, 1.0, "1", True]),
    ],
)
def test_every_field_is_bounded(kind: Any, good: list[object], bad: list[object]) -> None:
    assert [value for value in good if refuses(kind, value)] == []
    assert [value for value in bad if not refuses(kind, value)] == []


def test_a_holder_is_a_customer_unless_said_otherwise() -> None:
    assert Holder.model_validate_json('{"org": "acme"}') == Holder(org="acme", kind="customer")


def test_a_value_of_the_contract_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        Holder(org="acme").org = "rival"  # type: ignore[misc]
