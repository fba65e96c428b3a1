"""Answers to the commands of jobs: the row that each is about is in the id of its command."""

import re
from typing import NamedTuple

from services.gateway.domain.outcome import PREFIX, Outcome
from services.gateway.domain.row import SAID, cut

# Each row has one name, and numbers that fit into a document: anybody may write such ids.
_ID = re.compile(rf"{PREFIX}([0-9a-f]{{12}})-(0|[1-9][0-9]{{0,7}})-(0|[1-9][0-9]{{0,2}})", re.ASCII)


class Spot(NamedTuple):
    """Where a row stands: its job, the chunk of it, and the place in that chunk."""

    job: str
    chunk: int
    at: int


class Answer(NamedTuple):
    """What inventory said of the row at a place of a chunk. `version`: of its number then; `code`: of a refusal."""

    at: int
    version: int | None
    code: str | None = None
    message: str | None = None

    @classmethod
    def of(cls, spot: Spot, outcome: Outcome) -> "Answer":
        """Keep what the result of a job tells of an outcome."""
        message = None if outcome.message is None else cut(outcome.message, SAID)
        return cls(spot.at, outcome.version, outcome.code, message)


def row_command_id(spot: Spot) -> str:
    """Give the id of the command of a row: the same whoever sends it, however often."""
    return f"{PREFIX}{spot.job}-{spot.chunk}-{spot.at}"


def spot_of(command: str) -> Spot | None:
    """Give the row that a command is of, None if it is of no job."""
    if (found := _ID.fullmatch(command)) is None:
        return None
    return Spot(found[1], int(found[2]), int(found[3]))
