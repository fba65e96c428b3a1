"""What became of each row, as a table."""

import csv
import io
import re
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Sequence
from typing import NamedTuple

import orjson

from services.gateway.bulk.chunks import SIZE, Chunk, Settled
from services.gateway.bulk.jobs import Jobs
from services.gateway.domain.job import Job
from services.gateway.domain.row import Refused, Row
from services.gateway.export.cells import safe

_NUMBER = re.compile(r"\+\d+", re.ASCII)
AT_ONCE = 8  # chunks
_PENDING, _CANCELLED = Settled("pending"), Settled("cancelled", "cancelled", "The job was cancelled before this row.")


class Result(NamedTuple):
    """A row and what became of it: accepted, rejected, refused, cancelled, or pending."""

    row: int
    number: str
    outcome: str
    code: str | None
    reason: str | None

    @property
    def cells(self) -> list[str]:
        """The texts of its cells, none of which a spreadsheet takes for a formula; numbers keep their plus."""
        number = self.number if _NUMBER.fullmatch(self.number) else safe(self.number)
        return [str(self.row), number, self.outcome, self.code or "", safe(self.reason or "")]


async def settled_rows(jobs: Jobs, job: Job) -> AsyncIterator[tuple[Row | Refused, Settled]]:
    """Give all rows of a job with what became of them so far."""
    for begin in range(0, job.chunks, AT_ONCE):
        for chunk in await jobs.chunks(job.id, range(begin, min(begin + AT_ONCE, job.chunks))):
            for row, settled in zip(chunk.rows, _settled(chunk, job), strict=True):
                yield row, settled


async def results(jobs: Jobs, job: Job) -> AsyncIterator[Result]:
    """Give a line for each row, in the order of the file."""
    async for row, settled in settled_rows(jobs, job):
        number = row.number if isinstance(row, Row) else row.text
        yield Result(row.line, number, settled.outcome, settled.code, settled.reason)


async def written(jobs: Jobs, job: Job, format: str) -> AsyncGenerator[bytes, None]:
    """Give the result as a file, `csv` or `jsonl`, some hundred rows at a time."""
    write, some = _csv if format == "csv" else _jsonl, list[Result]()
    head = _lines([Result._fields]) if format == "csv" else b""
    async for each in results(jobs, job):
        some.append(each)
        if len(some) >= SIZE:
            yield head + write(some)
            head, some = b"", []
    yield head + write(some)


def _csv(rows: Sequence[Result]) -> bytes:
    return _lines([row.cells for row in rows])


def _lines(rows: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def _jsonl(rows: Sequence[Result]) -> bytes:
    return b"".join([orjson.dumps(row._asdict(), option=orjson.OPT_APPEND_NEWLINE) for row in rows])


def _settled(chunk: Chunk, job: Job) -> list[Settled]:
    if chunk.settled is not None:
        return list(chunk.settled)
    rest = _CANCELLED if job.state == "cancelled" else _PENDING
    return [rest if isinstance(row, Row) else Settled("refused", row.code, row.reason) for row in chunk.rows]
