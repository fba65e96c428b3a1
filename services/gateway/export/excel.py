"""Excel: a sheet after the other, since one holds about a million rows. Rows go to a temporary file as they come."""

from collections.abc import Sequence
from typing import Any, BinaryIO

import xlsxwriter

from services.gateway.export.cells import is_risky, said
from services.gateway.export.columns import COLUMNS, NAMES, row_of

ROWS = 1_048_576  # of a sheet, its headings among them


class ExcelWriter:
    """A workbook. Texts are cells of text as they are, and those that could be formulas are marked as text besides."""

    def __init__(self, stream: BinaryIO, rows: int = ROWS) -> None:
        self._book = xlsxwriter.Workbook(stream, {"constant_memory": True})
        self._text, self._rows = self._book.add_format({"quote_prefix": True}), rows
        self._sheet: Any = None
        self._row = 0

    def begin(self) -> None:
        """Open the first sheet."""
        self._sheet = self._book.add_worksheet()
        self._sheet.freeze_panes(1, 0)
        for at, name in enumerate(NAMES):
            self._sheet.write_string(0, at, name)
        self._row = 1

    def write(self, numbers: Sequence[dict[str, Any]]) -> None:
        """Write a row for each number, on further sheets where one is full."""
        for data in numbers:
            if self._row == self._rows:
                self.begin()
            for at, value in enumerate(row_of(data)):
                if value is not None:
                    self._cell(at, value)
            self._row += 1

    def end(self) -> None:
        """Put the workbook together."""
        self._book.close()

    def _cell(self, at: int, value: Any) -> None:
        if isinstance(value, bool):
            self._sheet.write_boolean(self._row, at, value)
        elif isinstance(value, int):
            self._sheet.write_number(self._row, at, value)
        else:
            text = said(value)
            risky = is_risky(text) and COLUMNS[at].kind != "number"
            self._sheet.write_string(self._row, at, text, self._text if risky else None)
