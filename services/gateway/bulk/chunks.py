"""Some hundred rows of a job in one document: as they were read, and what became of them."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from services.chassis.ports import Document
from services.gateway.domain import Answer
from services.gateway.domain.row import Refused, Row

SIZE = 500  # rows


class Settled(NamedTuple):
    """What became of a row: `accepted`, `rejected` by inventory, or `refused` when it was read."""

    outcome: str
    code: str | None = None
    reason: str | None = None
    version: int | None = None  # of the number after it

    @classmethod
    def of(cls, answer: Answer) -> "Settled":
        """Give what inventory has answered."""
        _, version, code, message = answer
        return cls("accepted" if code is None else "rejected", code, message, version)


class Chunk(NamedTuple):
    """Rows in their order. `settled` has what became of each, None until that is known of all."""

    place: int
    rows: Sequence[Row | Refused]
    settled: Sequence[Settled] | None = None


def chunk_id(job: str, place: int) -> str:
    """Name a chunk, so that names stand in the order of rows."""
    return f"{job}/{place:08}"


def chunk_document(job: str, chunk: Chunk, created: Any) -> Document:
    """Give a chunk as it is stored."""
    return {"_id": chunk_id(job, chunk.place), "created": created, "rows": [list(row) for row in chunk.rows]}


def settled_fields(settled: Sequence[Settled]) -> Document:
    """Give what is written beside the rows when all have come to their end."""
    return {"settled": [list(each) for each in settled]}


def chunk_from(place: int, document: Document) -> Chunk:
    """Read a chunk."""
    rows = [Row(*row) if len(row) == len(Row._fields) else Refused(*row) for row in document["rows"]]
    settled = document.get("settled")
    return Chunk(place, rows, None if settled is None else [Settled(*each) for each in settled])
