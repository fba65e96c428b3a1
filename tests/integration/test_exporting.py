"""What is exported, read back by other readers, is what the search finds; on real MongoDB."""

import asyncio
import csv
import io
import json
import os
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pytest

from services.gateway.domain import OPERATOR, Search
from services.gateway.export import excel, parquet, walk
from services.gateway.export.cells import safe, said
from services.gateway.export.columns import COLUMNS, NAMES, row_of
from services.gateway.export.formats import FORMATS
from services.ops.cli import outcome_of
from services.ops.exporting import exporting
from tests.integration.test_finding import Stock, stock
from tests.unit.gateway.stock import drawn

__all__ = ["stock"]
RISKY = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "'=1", " =1", "\uff1d1")
SEARCHES: list[dict[str, Any]] = [{}, {"state": ("reserved", "locked")}, {"pattern": "31"}, {"owner": "nobody"}]


def of_csv(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        names, *rows = csv.reader(file)
    assert tuple(names) == NAMES
    return [[cell[1:] if cell.startswith("'") else cell for cell in row] for row in rows]


def of_jsonl(path: Path) -> list[list[str]]:
    return [texts(json.loads(line)) for line in path.read_text("utf-8").splitlines()]


def of_xlsx(path: Path) -> list[list[str]]:
    rows: list[list[str]] = []
    for sheet in openpyxl.load_workbook(path):
        names, *found = sheet.iter_rows()
        assert tuple(cell.value for cell in names) == NAMES
        assert not any(cell.data_type == "f" for row in found for cell in row)
        rows += [[said(cell.value) for cell in row] + [""] * (len(NAMES) - len(row)) for row in found]
    return rows


def of_parquet(path: Path) -> list[list[str]]:
    def told(value: Any, kind: str) -> str:
        return said(value) if kind != "time" or value is None else value.strftime("%Y-%m-%dT%H:%M:%SZ")

    return [
        [told(row[column.name], column.kind) for column in COLUMNS] for row in pq.read_table(path).to_pylist()
    ]  # fmt: skip


READERS: dict[str, Callable[[Path], list[list[str]]]] = {
    "csv": of_csv, "jsonl": of_jsonl, "xlsx": of_xlsx, "parquet": of_parquet,
}  # fmt: skip


def texts(data: dict[str, Any]) -> list[str]:
    return [said(value) for value in row_of(data)]


@pytest.fixture
async def desk(stock: Stock, monkeypatch: pytest.MonkeyPatch) -> Stock:
    """Give the stock with risky texts in it, pages of 23 and a note after each."""
    monkeypatch.setenv("MONGODB_URL", stock.url)
    monkeypatch.setattr(walk, "MOST", 23)
    monkeypatch.setattr(exporting, "NOTED", 0)
    monkeypatch.setattr(parquet, "ROWS", 50)
    some = sorted(stock.numbers)[3::40]
    await stock.becomes(
        *(
            drawn(Random(at), number, 9) | {"remark": risky, "routing": risky.strip()}
            for at, (number, risky) in enumerate(zip(some, RISKY, strict=False))
        )
    )
    return stock


async def export(kind: str, path: Path, *arguments: str) -> int:
    return await asyncio.to_thread(outcome_of, ["export", "--format", kind, "--output", str(path), *arguments])


def options(fields: dict[str, Any]) -> list[str]:
    return [
        part
        for name, value in fields.items()
        for part in (f"--{name}", value if isinstance(value, str) else ",".join(value))
    ]


@pytest.mark.parametrize("kind", FORMATS)
async def test_what_is_exported_is_what_the_search_finds(desk: Stock, tmp_path: Path, kind: str) -> None:
    for at, fields in enumerate(SEARCHES):
        path = tmp_path / f"{at}.{kind}"
        assert await export(kind, path, *options(fields)) == 0
        expected = [texts(desk.numbers[number]) for number in desk.expected(Search.of(fields))]
        assert READERS[kind](path) == expected
        assert bool(expected) == ("owner" not in fields)
        assert not any(name.startswith(f"{at}.{kind}.") for name in os.listdir(tmp_path))


async def test_a_full_sheet_is_followed_by_another(tmp_path: Path) -> None:
    path, numbers = tmp_path / "sheets.xlsx", [drawn(Random(at), f"+65315800{at:02}") for at in range(25)]
    with path.open("wb") as stream:
        writer = excel.ExcelWriter(stream, rows=11)
        writer.begin()
        writer.write(numbers[:3])
        writer.write(numbers[3:])
        writer.end()
    assert len(openpyxl.load_workbook(path).sheetnames) == 3
    assert of_xlsx(path) == [texts(data) for data in numbers]


def test_a_cell_that_could_be_a_formula_is_none_and_numbers_keep_their_plus() -> None:
    assert all(safe(risky).startswith("'") for risky in RISKY)
    assert [safe(plain) for plain in ("for the fair", "a=b", "", "5-3")] == ["for the fair", "a=b", "", "5-3"]
    stream = io.BytesIO()
    FORMATS["csv"].open(stream).write([drawn(Random(1), "+6531580001") | {"remark": "=1"}])
    assert stream.getvalue().startswith(b"+6531580001,")
    assert b",'=1," in stream.getvalue()


async def test_numbers_that_move_meanwhile_come_exactly_once(desk: Stock) -> None:
    dice, seen = Random(3), []
    search = walk.by_number(Search(state=("available", "reserved", "assigned", "locked", "deleted"), sort="since"))
    async for page in walk.walk(desk.finder, search, OPERATOR):
        seen += [data["number"] for data in page.numbers]
        moving = dice.sample(sorted(desk.numbers), 60)
        await desk.becomes(*(drawn(dice, each, desk.numbers[each]["version"] + 1) for each in moving))
    assert seen == sorted(desk.numbers)


async def test_a_walk_by_until_has_only_holds_that_end(desk: Stock) -> None:
    search = Search(sort="until")
    found = [data["number"] async for page in walk.walk(desk.finder, walk.by_number(search), OPERATOR)
             for data in page.numbers]  # fmt: skip
    assert found == sorted(desk.expected(search))


class Killed(BaseException):
    """The process is gone."""


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
async def test_an_export_that_was_cut_off_goes_on_where_it_was(
    desk: Stock, tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path, part = tmp_path / "stock", tmp_path / "stock.part"
    for pages in (1, 1):  # twice, the second time further on
        with monkeypatch.context() as patch:
            patch.setattr(exporting, "Step", _dies_after(pages))
            with pytest.raises(Killed):
                await export(kind, path, "--preset", "stale")
        with part.open("ab") as file:
            file.write(b"half a li")
    assert not path.exists()
    capsys.readouterr()
    assert await export(kind, path, "--preset", "stale", "--json") == 0
    *_, last = map(json.loads, capsys.readouterr().out.splitlines())
    summary, rows = last["summary"], READERS[kind](path)
    assert 0 < summary["resumed_at"] < summary["rows"] == len(rows)
    numbers = [row[0] for row in rows]
    assert numbers == sorted(set(numbers))


def _dies_after(pages: int) -> Callable[..., Any]:
    left = iter(range(pages))

    def step(*fields: Any, **named: Any) -> Any:
        if next(left, None) is None:
            raise Killed
        return exporting_step(*fields, **named)

    return step


exporting_step = exporting.Step


async def test_what_cannot_be_meant_gets_a_sentence(
    desk: Stock, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "stock.csv"

    async def refused(sentence: str, kind: str = "csv", path: Path = path, *arguments: str) -> None:
        capsys.readouterr()
        assert await export(kind, path, *arguments) == 2
        assert sentence in capsys.readouterr().err

    await refused("'pdf' is not one of", "pdf")
    await refused("cannot be written (No such file or directory)", "csv", tmp_path / "no" / "where")
    await refused("is a folder", "csv", tmp_path)
    await refused("No such option", "csv", path, "--sort", "since")
    await refused("'broken' is not one of", "csv", path, "--state", "broken")
    part = tmp_path / "stock.csv.part"
    await asyncio.to_thread(part.write_text, "from elsewhere")
    await refused("is half of a file")
    assert await asyncio.to_thread(part.read_text) == "from elsewhere"
    assert await export("csv", path, "--anew") == 0
    await refused("is there already")
    assert await export("csv", path, "--replace") == 0
