"""A file read as rows of a verb, each judged by itself; what concerns the whole file is said at once."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib.util import find_spec
from typing import Any, BinaryIO, NamedTuple

import orjson

from services.chassis.errors import WrongSetting
from services.gateway.bulk.files.apart import ParquetTable
from services.gateway.bulk.files.found import Broken, Found
from services.gateway.bulk.files.lines import Lines
from services.gateway.bulk.files.objects import objects
from services.gateway.bulk.files.seen import Seen
from services.gateway.bulk.files.table import Table
from services.gateway.domain.cell import merged, nested, read_cell, read_number
from services.gateway.domain.row import SHOWN, Refused, Row, WrongFile, cut
from services.gateway.domain.verb import NUMBER, Verb, WrongData
from services.gateway.export.columns import NAMES

FORMATS = ("csv", "jsonl", "parquet")
ENDINGS = {".csv": "csv", ".tsv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet"}
MOST_ROWS = 5_000_000
MOST_COLUMNS = 200
_EXPORTED = frozenset((*NAMES, "hold", "holder"))
_ENDS = ("hold.until", "hold.free_until")


class Opened(NamedTuple):
    """A file that was begun. `columns`: its headings, none where each row has its own; `digest`: of what was read."""

    found: Iterable[Found | Broken]
    columns: Sequence[str]
    digest: Callable[[], str]


class Reading:
    """Goes through a file once. `ignored`: columns of our own exports that the verb has no use for."""

    def __init__(self, stream: BinaryIO, format: str, verb: Verb, common: Mapping[str, Any]) -> None:
        self.verb, self.ignored, self._common = verb, set[str](), common
        self._known = frozenset((NUMBER, *verb.leaves))
        self._opened = OPENERS[format](stream)
        self._as_text = format == "csv"
        self._by_columns = bool(self._opened.columns)
        self._exported = "hold.placed" in self._opened.columns
        if self._by_columns:
            self._check_columns(self._opened.columns)

    @property
    def sha256(self) -> str:
        """Of all that was read, in hexadecimal digits."""
        return self._opened.digest()

    def __iter__(self) -> Iterator[Row | Refused]:
        """Give the rows. Raises `WrongFile` for a fault of the whole file."""
        seen = Seen()
        for at, found in enumerate(self._opened.found):
            if at == MOST_ROWS:
                raise WrongFile(f"The file has more than {MOST_ROWS:,} rows; split it.")
            row = Refused.of(*found) if isinstance(found, Broken) else self._row(found)
            if isinstance(row, Row) and (before := seen.first(row.number, row.line)) is not None:
                reason = f"{row.number} stands in line {before} already; of each number the first row counts."
                row = Refused.of(row.line, row.number, "duplicate", reason)
            yield row

    def _row(self, found: Found) -> Row | Refused:
        if not self._by_columns:
            self._unknown(found.fields, f"Line {found.line}")
        text = str(found.fields.get(NUMBER, ""))
        try:
            number = read_number(text)
            data = nested(self._values(found.fields))
            self._check_data(merged(data, self._common))
        except WrongData as error:
            return Refused.of(found.line, text, error.code, str(error))
        return Row(found.line, number, data)

    def _check_data(self, data: Mapping[str, Any]) -> None:
        if self.verb.name == "update" and not data.keys() - {"expected_version"}:
            raise WrongData("missing_field", "Nothing is to be updated; name an attribute, for each row or all.")
        try:
            said = orjson.dumps(data)
        except TypeError as error:  # deeper than any command is, or no text
            raise WrongData("wrong_field", f"This cannot be written as JSON: {error}.") from None
        self.verb.check(said)

    def _values(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        leaves = self.verb.leaves
        for group in self.verb.groups & fields.keys():
            if fields[group] is not None:
                raise WrongData("wrong_field", f"{group} has parts, and none is named; give {self._parts(group)}.")
        given = {name: value for name, value in fields.items() if name in leaves}
        if self._as_text:
            given = {name: read_cell(leaves[name], text) for name, text in given.items()}
        if self._exported and self.verb.name == "import" and "hold.cause" in given:
            given = dict.fromkeys(_ENDS) | given  # where our exports have no end, it stands for ever
        return given

    def _check_columns(self, columns: Sequence[str]) -> None:
        if len(columns) > MOST_COLUMNS:
            raise WrongFile(f"The file has {len(columns)} columns; leave out what no command has, {MOST_COLUMNS} do.")
        if twice := [name for name, times in Counter(columns).items() if times > 1]:
            raise WrongFile(f"Column {cut(twice[0], SHOWN)!r} is there twice; leave one out.")
        if whole := self.verb.groups.intersection(columns):
            raise WrongFile(
                f"The file has a column {min(whole)!r}, which has parts; name them: {self._parts(min(whole))}."
            )
        self._unknown(columns, "The file")
        if NUMBER not in columns:
            raise WrongFile(f"The file has no column {NUMBER!r}; its columns are {', '.join(columns)}.")

    def _parts(self, group: str) -> str:
        return ", ".join(name for name in self.verb.leaves if name.startswith(f"{group}."))

    def _unknown(self, columns: Iterable[str], where: str) -> None:
        """Pass over what our exports have besides. Raises `WrongFile` with the name of what nobody knows."""
        for name in columns:
            if name in self._known or name in self.ignored or name in self.verb.groups:
                continue
            if name not in _EXPORTED:
                known, name = ", ".join((NUMBER, *self.verb.leaves)), cut(name, SHOWN)
                raise WrongFile(f"{where} has a column {name!r} that {self.verb.name} does not know; it knows {known}.")
            self.ignored.add(name)


def _csv(stream: BinaryIO) -> Opened:
    lines = Lines(stream)
    table = Table(iter(lines))
    return Opened(table, table.columns, lambda: lines.digest.hexdigest())


def _jsonl(stream: BinaryIO) -> Opened:
    lines = Lines(stream)
    return Opened(objects(lines), (), lambda: lines.digest.hexdigest())


def _parquet(stream: BinaryIO) -> Opened:
    if find_spec("pyarrow") is None:
        raise WrongSetting("pyarrow is not installed; install numberbank[export], or give csv or jsonl.")
    if not stream.seekable():
        raise WrongFile("Parquet has its index at its end, so it cannot be read as it comes; name a file.")
    digest = hashlib.file_digest(stream, "sha256").hexdigest()  # type: ignore[arg-type]
    stream.seek(0)
    table = ParquetTable(stream)
    return Opened(table, table.columns, lambda: digest)


OPENERS: Mapping[str, Callable[[BinaryIO], Opened]] = {"csv": _csv, "jsonl": _jsonl, "parquet": _parquet}
