"""Files as people, spreadsheets and our own exports write them, read row by row."""

import csv
import gc
import io
import json
import sys
from collections.abc import Mapping
from contextlib import suppress
from datetime import date, time
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.gateway.bulk.files import apart
from services.gateway.bulk.files import reading as reading_of
from services.gateway.bulk.files.apart import ParquetTable
from services.gateway.bulk.files.found import Found
from services.gateway.bulk.files.lines import LONGEST
from services.gateway.bulk.files.reading import Reading
from services.gateway.bulk.files.seen import Seen
from services.gateway.bulk.files.table import MOST_BLANK
from services.gateway.domain.cell import common_data, merged
from services.gateway.domain.row import Refused, Row, WrongFile
from services.gateway.domain.verb import VERBS, WrongData
from services.gateway.export.formats import FORMATS
from tests.unit.gateway.stock import drawn

GOOD = "+6531580009,x\n"
ADDED = {"vendor": "v", "country": "SG", "sku": "s"}


def read(
    content: str | bytes, verb: str = "release", kind: str = "csv", **common: Any
) -> tuple[list[Row | Refused], Reading]:
    raw = content if isinstance(content, bytes) else content.encode()
    reading = Reading(io.BytesIO(raw), kind, VERBS[verb], common)
    return list(reading), reading


def refusals(content: str, kind: str = "csv", verb: str = "release") -> list[tuple[int, str]]:
    return [(row.line, row.code) for row in read(content, verb, kind)[0] if isinstance(row, Refused)]


# Each file is written under the headings `number,remark`; a good row follows, and must be read all the same.
NASTY = {
    "no number": (",x\n", [(2, "wrong_number")]),
    "letters": ("hello,x\n", [(2, "wrong_number")]),
    "too short": ("+6531,x\n", [(2, "wrong_number")]),
    "a trunk zero": ("+44 (0)20 7946 0000,x\n", [(2, "wrong_number")]),
    "no plus sign": ("6531580001,x\n", [(2, "wrong_number")]),
    "foreign digits": ("+65\u0663\u0661580001,x\n", [(2, "foreign_digits")]),
    "digits in full width": ("+65\uff13\uff11580001,x\n", [(2, "foreign_digits")]),
    "a float with comma": ('"6,53158E+09",x\n', [(2, "spreadsheet_number")]),
    "a float with dot": ("6.53158E+09,x\n", [(2, "spreadsheet_number")]),
    "a whole float": ("6531580001.0,x\n", [(2, "spreadsheet_number")]),
    "twice": ("+6531580001,x\n+65 3158 0001,x\n", [(3, "duplicate")]),
    "no remark": ("+6531580001,\n", [(2, "missing_field")]),
    "a remark too long": (f"+6531580001,{'x' * 501}\n", [(2, "wrong_field")]),
    "a NUL": ("+6531580001,a\x00b\n", [(2, "wrong_field")]),
    "too few cells": ("+6531580001\n", [(2, "wrong_cells")]),
    "too many cells": ("+6531580001,x,y\n", [(2, "wrong_cells")]),
    "quotes that never close": ('+6531580001,"x\n', [(2, "wrong_quotes")]),
    "quotes within": ('+6531580001,"x"y\n', [(2, "wrong_quotes")]),
    "an overlong line": (f"+6531580001,{'x' * LONGEST}\n", [(2, "too_long")]),
    "a line of megabytes": (f"+6531580001,{'x' * 3_000_000}\n", [(2, "too_long")]),
}
FINE = {
    "people's writing": ("0065 3158-0001,x\n", "+6531580001", "x"),
    "an apostrophe before the plus": ("'+6531580001,x\n", "+6531580001", "x"),
    "an apostrophe before a formula": ("+6531580001,'=1+1\n", "+6531580001", "=1+1"),
    "an apostrophe that is one": ("+6531580001,'tis\n", "+6531580001", "'tis"),
    "empty lines": ("\n\r\n,,\n+6531580001,x\n".replace(",,", ","), "+6531580001", "x"),
    "a remark of two lines": ('+6531580001,"a\nb"\n', "+6531580001", "a\nb"),
    "quotes": ('+6531580001,"a ""b"", c"\n', "+6531580001", 'a "b", c'),
    "an inch": ('+6531580001,5" pipe\n', "+6531580001", '5" pipe'),
    "lines of Windows": ("+6531580001,x\r\n", "+6531580001", "x"),
}


@pytest.mark.parametrize("name", NASTY)
def test_a_nasty_row_costs_itself_and_no_other(name: str) -> None:
    content, expected = NASTY[name]
    rows, _ = read(f"number,remark\n{content}{GOOD}")
    assert [(row.line, row.code) for row in rows if isinstance(row, Refused)] == expected
    assert rows[-1] == Row(content.count("\n") + 2, "+6531580009", {"remark": "x"})
    assert all(row.reason.endswith(".") and len(row.text) <= 100 for row in rows if isinstance(row, Refused))


@pytest.mark.parametrize("name", FINE)
def test_what_is_merely_unusual_is_read(name: str) -> None:
    content, number, remark = FINE[name]
    rows, _ = read(f"number,remark\n{content}{GOOD}")
    assert [(row.number, row.data) for row in rows if isinstance(row, Row)] == [
        (number, {"remark": remark}), ("+6531580009", {"remark": "x"}),
    ]  # fmt: skip
    assert len(rows) == 2


@pytest.mark.parametrize("ending", ["+653158", '+6531580001,"x', "+6531580001"])
def test_half_a_last_line_is_called_so(ending: str) -> None:
    assert refusals(f"number,remark,expected_version\n{ending}") == [(2, "cut_off")]


def test_a_duplicate_names_the_first_line() -> None:
    rows, _ = read("number,remark\n+6531580001,x\n+6531580002,x\n006531580001,y\n")
    assert isinstance(rows[2], Refused)
    assert "line 2" in rows[2].reason


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"number,colour\n", "'colour'"),
        (b"number,number\n", "twice"),
        (b"remark\nx\n", "no column 'number'"),
        ("number,remark\n+6531580001,x\n+6531580002,\u00e9\n".encode("latin-1"), "Line 3"),
        ("number,remark\n".encode("utf-16"), "UTF-16"),
        ("number,remark\n".encode("utf-16-le"), "UTF-16"),
        (b'number,"remark\n', "Line 1"),
        (b"\n" * (MOST_BLANK + 1) + b"number,remark\n", "headings"),
        (b"number," + b"remark," * 10_000, "columns"),
    ],
)
def test_what_concerns_the_whole_file_is_said_once(content: bytes, said: str) -> None:
    with pytest.raises(WrongFile, match=said):
        read(content)


@pytest.mark.parametrize(("verb", "column"), [("reserve", "holder"), ("import", "hold")])
def test_a_column_of_what_has_parts_is_refused_once(verb: str, column: str) -> None:
    with pytest.raises(WrongFile, match=f"column '{column}'.*{column}\\."):
        read(f"number,{column}\n+6531580001,x\n", verb)


def test_unknown_fields_of_objects_are_refused_by_name_and_line() -> None:
    with pytest.raises(WrongFile, match=r"Line 2 .*'holder\.colour'"):
        read('{"number": "+6531580001"}\n{"number": "+6531580002", "holder": {"colour": "red"}}', "reserve", "jsonl")


def test_a_byte_order_mark_and_semicolons_are_fine() -> None:
    rows, _ = read("\ufeffnumber;remark\n+6531580001;a, b\n")
    assert rows == [Row(2, "+6531580001", {"remark": "a, b"})]


def test_objects_are_read_with_dots_or_nested_and_broken_ones_refused() -> None:
    rows, _ = read(
        '{"number": "+6531580001", "holder": {"org": "acme"}, "remark": "x"}\n\n'
        '{"number": "+6531580002", "holder.org": "acme", "remark": "x"}\n[1]\n{"number"\n{"number": 6531580003}\n{"num',
        "reserve", "jsonl",
    )  # fmt: skip
    assert [row.data for row in rows if isinstance(row, Row)] == [{"holder": {"org": "acme"}, "remark": "x"}] * 2
    assert [(row.line, row.code) for row in rows if isinstance(row, Refused)] == [
        (4, "not_json"), (5, "not_json"), (6, "wrong_number"), (7, "cut_off"),
    ]  # fmt: skip


def test_what_only_looks_like_a_field_costs_its_own_row() -> None:
    deep = "[" * 300 + "]" * 300
    said = ("{}", '{"remark": "x"}', '{"holder": "acme"}', '{"holder": []}', '{"holder": {}}', '{"hold": "locked"}')
    more = (f'{{"remark": {deep}}}', '{"expected_version": 9007199254740993}')
    locked = {"state": "locked", "since": "2026-01-01T00:00:00Z", **ADDED}
    lines = [{"number": f"+653158000{nth}", **locked, **json.loads(each)} for nth, each in enumerate((*said, *more))]
    rows, _ = read("\n".join(map(json.dumps, lines)), "import", "jsonl")
    assert [row.code if isinstance(row, Refused) else None for row in rows] == [
        None, None, "wrong_field", "wrong_field", None, "wrong_field", "wrong_field", "wrong_field",
    ]  # fmt: skip
    assert "give holder.org" in rows[2].reason  # type: ignore[union-attr]


@pytest.mark.parametrize("version", ["9" * 5_000, "\u0663", "1.0", "-1"])
def test_a_version_is_a_whole_number_in_our_digits(version: str) -> None:
    assert refusals(f"number,expected_version,remark\n+6531580001,{version},x\n") == [(2, "wrong_field")]


def test_cells_become_what_the_contract_wants() -> None:
    rows, _ = read(
        "number,vendor,country,sku,capabilities,golden,state,since,holder.org,hold.cause,hold.until,remark\n"
        '+6531580001,v,SG,s,"voice, sms",TRUE,reserved,2026-03-01,acme,manual,never,\n',
        "import",
    )
    assert [row.data for row in rows if isinstance(row, Row)] == [
        {
            "vendor": "v", "country": "SG", "sku": "s", "capabilities": ["voice", "sms"], "golden": True,
            "state": "reserved", "since": "2026-03-01T00:00:00Z", "holder": {"org": "acme"},
            "hold": {"cause": "manual", "until": None},
        }
    ]  # fmt: skip


def test_data_of_all_rows_counts_before_that_of_a_row() -> None:
    common = common_data(VERBS["reserve"], {"holder.org": "acme", "remark": "campaign"})
    rows, _ = read("number,remark,holder.kind\n+6531580001,old,partner\n", "reserve", **common)
    assert isinstance(rows[0], Row)
    assert merged(rows[0].data, common) == {"holder": {"org": "acme", "kind": "partner"}, "remark": "campaign"}
    with pytest.raises(WrongData, match="colour"):
        common_data(VERBS["release"], {"colour": "red"})
    assert common_data(VERBS["update"], {"routing": ""}) == {"routing": None}


def test_a_row_that_updates_nothing_is_refused() -> None:
    content = "number,routing,expected_version\n+6531580001,,2\n+6531580002,r1,2\n"
    assert refusals(content, verb="update") == [(2, "missing_field")]


def test_parquet_that_is_none_or_damaged_is_said_to_be() -> None:
    stream = io.BytesIO()
    writer = FORMATS["parquet"].open(stream)
    writer.write([drawn(Random(at), f"+65315800{at:02}") for at in range(50)])
    writer.end()
    whole = stream.getvalue()
    for broken in (b"", b"number\n", whole[:-20], whole[:200] + bytes(400) + whole[600:]):
        with pytest.raises(WrongFile, match=r"Parquet|damaged"):
            read(broken, "import", "parquet")


@pytest.mark.parametrize("seed", range(10))
def test_parquet_with_wrong_bytes_is_read_or_refused(seed: int) -> None:
    dice, whole = Random(seed), bytearray(parquet({"number": [f"+65315800{at:02}" for at in range(50)]}))
    for _ in range(dice.randint(1, 4)):
        whole[dice.randrange(len(whole))] = dice.randrange(256)
    with suppress(WrongFile):
        read(bytes(whole), kind="parquet")


def test_what_ends_the_reader_of_a_file_ends_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "READER", "tests.unit.gateway.aborting")
    rows = iter(ParquetTable(io.BytesIO(b"whatever")))
    assert next(rows) == Found(1, {"number": "+6531580001"})
    with pytest.raises(WrongFile, match="damaged behind row 1"):
        next(rows)


def test_a_reader_that_cannot_begin_is_no_fault_of_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "READER", "tests.unit.gateway.nowhere")
    with pytest.raises(RuntimeError, match="What reads Parquet has failed"):
        ParquetTable(io.BytesIO(b"whatever"))


def test_a_reader_imports_nothing_from_where_somebody_happens_to_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "decimal.py").write_text("raise SystemExit(3)")
    monkeypatch.setattr("sys.path", ["", *sys.path])
    monkeypatch.chdir(tmp_path)
    assert ParquetTable(io.BytesIO(parquet({"number": ["+6531580001"]}))).columns == ["number"]


def test_a_reader_ends_with_whoever_reads() -> None:
    table = ParquetTable(io.BytesIO(parquet({"number": [f"+65{n}" for n in range(100_000)]})))
    reader, rows = table._reader, iter(table)
    assert next(rows) == Found(1, {"number": "+650"})
    assert reader.poll() is None
    del table, rows
    gc.collect()
    assert reader.poll() is not None


def parquet(columns: Mapping[str, Any], **settings: Any) -> bytes:
    stream = io.BytesIO()
    pq.write_table(pa.table(columns), stream, **settings)  # type: ignore[no-untyped-call]
    return stream.getvalue()


@pytest.mark.parametrize("value", [date(2026, 3, 1), time(12, 30), "x"])
def test_typed_cells_are_plain_json(value: Any) -> None:
    [row], _ = read(parquet({"number": ["+6531580001"], "remark": [value]}), kind="parquet")
    assert row == Row(1, "+6531580001", {"remark": str(value)})


def test_texts_in_groups_of_rows_and_lists_are_read_as_they_were() -> None:
    numbers = [f"+6531580{n:03}" for n in range(900)]
    content = {
        "number": numbers,
        "holder": [{"org": f"o{n % 7}"} for n in range(900)],
        "remark": ["x", None, "y"] * 300,
    }
    rows, _ = read(parquet(content, row_group_size=400), "reserve", "parquet", remark="z")
    assert [row.number for row in rows if isinstance(row, Row)] == numbers
    assert [row.data["holder"]["org"] for row in rows if isinstance(row, Row)] == [f"o{n % 7}" for n in range(900)]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"remark": ["x" * (LONGEST + 1)] * 1_000}, f"more than {LONGEST} bytes"),
        ({"holder": [{"org": "x" * (LONGEST + 1)}] * 1_000}, f"more than {LONGEST} bytes"),
        ({"remark": [f"{n:09}" * 10_000 for n in range(256)]}, "16 MiB"),
        ({"remark": pa.DictionaryArray.from_arrays([0] * 1_000, ["x" * 20_000_000])}, "damaged behind row 0"),  # 20 GB
    ],
)
def test_few_bytes_that_stand_for_many_are_refused(content: Mapping[str, Any], said: str) -> None:
    [column] = content.values()
    numbers = [f"+6531580{n:03}" for n in range(len(column))]
    with pytest.raises(WrongFile, match=said):
        read(parquet({"number": numbers, **content}, store_schema=False), "reserve", "parquet")


def test_a_file_has_so_many_rows_and_a_reason_so_many_characters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading_of, "MOST_ROWS", 2)
    assert len(read(f"number,remark\n{GOOD}{GOOD}")[0]) == 2
    with pytest.raises(WrongFile, match="split it"):
        read(f"number,remark\n{GOOD}{GOOD}{GOOD}")
    refused = Refused.of(1, "x" * 9_999, "wrong_field", "y" * 9_999)
    assert (len(refused.text), len(refused.reason)) == (100, 500)


def test_numbers_seen_are_exact_and_need_few_bytes() -> None:
    seen = Seen()
    numbers = [f"+{n:07}" for n in range(20_000)] + [f"+{n:08}" for n in range(20_000)]
    assert all(seen.first(number, line) is None for line, number in enumerate(numbers, 2))
    assert [seen.first(number, 0) for number in numbers] == list(range(2, len(numbers) + 2))
    assert len(seen._keys) * 12 <= 48 * len(numbers)


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_what_we_export_is_imported_as_it_was(kind: str, tmp_path: Path) -> None:
    numbers = [drawn(Random(at), f"+65315800{at:02}") | {"remark": risky} for at, risky in enumerate(RISKY)]
    numbers += [drawn(Random(at), f"+65315801{at:02}") for at in range(60)]
    stream = io.BytesIO()
    writer = FORMATS[kind].open(stream)
    writer.begin()
    writer.write(numbers)
    writer.end()
    rows, reading = read(stream.getvalue(), "import", kind)
    assert [row.number for row in rows if isinstance(row, Row)] == [each["number"] for each in numbers]
    assert {"version", "reason", "number_type", "previous", "hold.placed"} >= reading.ignored
    for row, data in zip(rows, numbers, strict=True):
        assert isinstance(row, Row)
        assert without_nothing(row.data) == without_nothing(imported(data)), row
        if data["hold"] is not None and data["hold"]["until"] is None:
            assert row.data["hold"]["until"] is None


RISKY = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "'=1", " =1", "\uff1d1", "'plain")


def imported(data: dict[str, Any]) -> dict[str, Any]:
    """Give what of an event's data an import can say."""
    leaves = VERBS["import"].leaves
    flat = {name: value for name, value in data.items() if name in leaves}
    for group in ("hold", "holder"):
        flat[group] = {name: value for name, value in (data[group] or {}).items() if f"{group}.{name}" in leaves}
    return flat


def without_nothing(data: dict[str, Any]) -> dict[str, Any]:
    kept = {name: without_nothing(value) if isinstance(value, dict) else value for name, value in data.items()}
    return {name: value for name, value in kept.items() if value not in (None, {}, [])}


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=60)
drawn_rows = st.lists(st.tuples(st.integers(10**6, 10**14), texts.filter(str.strip)), unique_by=lambda row: row[0])


@settings(max_examples=150, deadline=None)
@given(drawn_rows, st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_any_file_that_is_written_well_is_read_as_it_was(rows: list[tuple[int, str]], end: str, marked: bool) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator=end)
    writer.writerows([("number", "remark"), *((f"+{number}", remark.replace("\r", "")) for number, remark in rows)])
    found, _ = read(("\ufeff" if marked else "") + text.getvalue())
    for row, (number, remark) in zip(found, rows, strict=True):
        plain = remark.replace("\r", "")
        if isinstance(row, Row):
            assert row.number == f"+{number}"
            assert row.data["remark"] in (plain, plain[1:])  # an apostrophe before a formula is taken off
        else:
            assert not plain.strip() or plain.strip() != plain


@settings(max_examples=150, deadline=None)
@given(drawn_rows)
def test_any_objects_are_read_as_they_were(rows: list[tuple[int, str]]) -> None:
    lines = [json.dumps({"number": f"+{number}", "remark": remark}) for number, remark in rows]
    found, _ = read("\n".join(lines), kind="jsonl")
    assert [(row.number, row.data) for row in found if isinstance(row, Row)] == [
        (f"+{number}", {"remark": remark}) for number, remark in rows
    ]


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_garbage_is_refused_and_never_breaks_the_reader(garbage: bytes) -> None:
    for kind in ("csv", "jsonl"):
        try:
            rows, _ = read(b"number,remark\n" + garbage if kind == "csv" else garbage, kind=kind)
        except WrongFile:
            continue
        assert all(isinstance(row, Row | Refused) for row in rows)
