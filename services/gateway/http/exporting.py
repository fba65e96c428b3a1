"""Exports: all that a search finds, in one answer that grows as it is read."""

import io
import tempfile
from contextlib import aclosing
from typing import BinaryIO

from starlette.requests import Request
from starlette.responses import Response

from services.chassis.errors import WrongSetting
from services.chassis.threads import in_thread
from services.gateway.domain import Search, Token
from services.gateway.export.formats import FORMATS, Writer
from services.gateway.export.walk import by_number, walk
from services.gateway.http.desk import Desk
from services.gateway.http.offer import Offer, Parameter
from services.gateway.http.problems import invalid
from services.gateway.http.reading import only, queried
from services.gateway.http.searching import filters, search_in
from services.gateway.http.streaming import Parts, Slots, started

AT_ONCE, EACH = 4, 2  # exports of a process, and of a token in it
CHUNK = 1 << 18  # bytes of a part, where a file is read
TYPES = {
    "csv": "text/csv; charset=utf-8; header=present",
    "jsonl": "application/jsonl",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "parquet": "application/vnd.apache.parquet",
}
_FORMAT: Parameter = {
    "name": "format", "in": "query", "required": True, "schema": {"type": "string", "enum": list(TYPES)},
    "description": "csv and jsonl come as they are found; xlsx and parquet when they are complete",
}  # fmt: skip
_PARAMETERS = (_FORMAT, *filters(without=("sort", "descending")))
_NAMES = [each["name"] for each in _PARAMETERS]


class Exporting:
    """Writes out what a search finds."""

    def __init__(self, desk: Desk) -> None:
        self._desk, self._slots = desk, Slots(AT_ONCE, EACH, "exports", desk.figures.streams)

    async def export(self, request: Request, token: Token) -> Response:
        """Answer with all that fits, in the order of numbers."""
        asked = queried(request, _NAMES)
        format = only(asked, "format")
        if format not in TYPES:
            raise invalid("format", f"must be one of {', '.join(TYPES)}")
        search = by_number(search_in(asked, self._desk))
        parts = self._lines if FORMATS[format].goes_on else self._file
        headers = {"Content-Disposition": f'attachment; filename="numbers.{format}"', "Cache-Control": "no-store"}
        return await started(request, parts(format, search, token), TYPES[format], headers)

    async def _lines(self, format: str, search: Search, token: Token) -> Parts:
        """Give page by page what is written of it."""
        sink = io.BytesIO()
        with self._slots.taken(token.id):
            writer = _opened(format, sink)
            writer.begin()
            async with aclosing(walk(self._desk.exporter, search, token.asker)) as pages:
                async for page in pages:
                    await in_thread(writer.write, page.numbers)  # others are answered meanwhile
                    yield sink.getvalue()
                    sink.seek(0)
                    sink.truncate()

    async def _file(self, format: str, search: Search, token: Token) -> Parts:
        """Give a file piece by piece, whose beginning is known at its end."""
        with self._slots.taken(token.id), tempfile.TemporaryFile() as file:
            writer = _opened(format, file)
            await in_thread(writer.begin)
            async with aclosing(walk(self._desk.exporter, search, token.asker)) as pages:
                async for page in pages:
                    await in_thread(writer.write, page.numbers)
            await in_thread(writer.end)
            file.seek(0)
            while part := await in_thread(file.read, CHUNK):
                yield part

    def offers(self) -> tuple[Offer, ...]:
        """Give what may be asked."""
        return (
            Offer(
                "GET", "/export", self.export, "read", "Export numbers", {200: None}, _PARAMETERS,
                media=tuple(each.partition(";")[0] for each in TYPES.values()),
                about="Each number once, although numbers move meanwhile. An answer that is cut off has no end.",
            ),
        )  # fmt: skip


def _opened(format: str, sink: BinaryIO) -> Writer:
    try:
        return FORMATS[format].open(sink)
    except WrongSetting as error:
        raise invalid("format", f"{error}".removesuffix(".")) from None
