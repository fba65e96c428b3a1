"""CSV, RFC 4180: headings, then records; what cannot be one costs only its own line."""

import csv
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from services.gateway.bulk.files.found import Broken, Found, cut_off
from services.gateway.bulk.files.lines import Line
from services.gateway.domain.row import WrongFile
from services.gateway.export.cells import is_risky

MOST_BLANK = 1_000  # lines before the headings
MOST_LINES = 50  # of a record: more have quotes that were forgotten
_UNCLOSED = "unexpected end of data"


class Table:
    """Records under headings, by column. `columns`: the headings, known from the beginning."""

    def __init__(self, lines: Iterator[Line]) -> None:
        self._lines, self._waiting = lines, deque[Line]()
        beginning = islice(iter(self._next, None), MOST_BLANK + 1)
        first = next((line for line in beginning if line.text.strip()), None)
        if first is None:
            raise WrongFile("The file is empty, or begins so; it needs a line of headings, number among them.")
        self._delimiter = _delimiter(first.text)
        heads = self._parsed(first.text)
        if isinstance(heads, str):
            raise WrongFile(f"Line {first.number}: {heads}, among the headings; mend its quotes.")
        self.columns: Sequence[str] = [head.strip() for head in heads]

    def __iter__(self) -> Iterator[Found | Broken]:
        """Give the records; those with nothing in them are passed over."""
        for line in iter(self._next, None):
            found = self._record(line)
            if isinstance(found, Broken):
                yield found
            elif any(cell.strip() for cell in found):
                yield self._row(line, found)

    def _row(self, line: Line, cells: Sequence[str]) -> Found | Broken:
        if len(cells) == len(self.columns):
            return Found(line.number, _filled(self.columns, cells))
        if not line.whole:
            return cut_off(line.number, line.text)
        reason = f"This line has {len(cells)} cells, not {len(self.columns)} as the headings; quote cells with commas."
        return Broken(line.number, line.text, "wrong_cells", reason)

    def _record(self, first: Line) -> Sequence[str] | Broken:
        """Give the cells of the record that begins here. If its quotes do not close, only its first line is lost."""
        if first.long:
            return first.too_long
        taken, text = [first], first.text
        while isinstance(found := self._parsed(text), str):
            more = self._next() if found == _UNCLOSED and len(taken) < MOST_LINES else None
            if more is not None:
                taken.append(more)
            if more is None or more.long:
                self._waiting.extendleft(reversed(taken[1:]))
                return _broken(first, found)
            text = f"{text}\n{more.text}"
        return found

    def _parsed(self, text: str) -> Sequence[str] | str:
        try:
            return next(csv.reader([text], delimiter=self._delimiter, strict=True), [])
        except csv.Error as error:
            return str(error)

    def _next(self) -> Line | None:
        return self._waiting.popleft() if self._waiting else next(self._lines, None)


def _delimiter(headings: str) -> str:
    """Give what stands between headings: spreadsheets of some countries write semicolons."""
    return next((each for each in ",;\t" if each in headings), ",")


def _filled(columns: Sequence[str], cells: Sequence[str]) -> Mapping[str, str]:
    return {column: _plain(cell) for column, cell in zip(columns, cells, strict=True) if cell.strip()}


def _plain(cell: str) -> str:
    """Take off the apostrophe that exports, and people, set before what a spreadsheet could take for a formula."""
    return cell[1:] if cell[0] == "'" and is_risky(cell[1:]) else cell


def _broken(line: Line, fault: str) -> Broken:
    if fault != _UNCLOSED:
        reason = 'Quotes stand within a cell; a cell with quotes in it is set in quotes, and has "" for each.'
        return Broken(line.number, line.text, "wrong_quotes", reason)
    if not line.whole:
        return cut_off(line.number, line.text)
    return Broken(line.number, line.text, "wrong_quotes", "The quotes that open in this line never close; close them.")
