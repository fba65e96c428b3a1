"""A job: many commands of one verb, and the states that it goes through.

receiving ─► ready, awaiting_approval or refused
awaiting_approval ─► ready
ready ─► running ⇄ waiting ─► done        waiting: nobody answers, it goes on by itself
running ─► pausing ─► paused ─► ready     what is in flight comes to its end first
running ─► cancelling ─► cancelled
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

JobState = Literal[
    "receiving", "refused", "awaiting_approval", "ready", "running", "waiting", "pausing", "paused", "cancelling",
    "cancelled", "done",
]  # fmt: skip
ENDED: tuple[JobState, ...] = ("refused", "cancelled", "done")
AT_WORK: tuple[JobState, ...] = ("ready", "running", "waiting", "pausing", "cancelling")  # some gateway has to act
DRAINING: Mapping[JobState, JobState] = {"pausing": "paused", "cancelling": "cancelled"}

_MOVES: Mapping[str, Mapping[JobState, JobState]] = {
    "pause": {"ready": "paused", "running": "pausing", "waiting": "pausing"},
    "resume": {"paused": "ready", "pausing": "running"},
    "cancel": {
        "receiving": "cancelled", "awaiting_approval": "cancelled", "ready": "cancelled", "paused": "cancelled",
        "running": "cancelling", "waiting": "cancelling", "pausing": "cancelling",
    },
    "approve": {"awaiting_approval": "ready"},
}  # fmt: skip


class WrongMove(ValueError):
    """What cannot be done with a job as it is; the message says what would be right."""


@dataclass(frozen=True)
class Job:
    """What is known of a job. Times are real, whatever the bank's clock says.

    `next`: the first chunk that is not done; `sent`: the first that nobody can have sent; `counts` and `codes`: rows by
    outcome and by code; `of`: the job that this one undoes; `note`: why it stands where it does.
    """

    id: str
    verb: str
    file: str
    who: str
    created: datetime
    common: Mapping[str, Any] = field(default_factory=dict)  # data of all rows
    state: JobState = "receiving"
    rows: int = 0
    chunks: int = 0
    next: int = 0
    sent: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    codes: Mapping[str, int] = field(default_factory=dict)
    sha256: str | None = None
    plan: str | None = None
    of: str | None = None
    approved_by: str | None = None
    note: str | None = None
    finished: datetime | None = None
    owner: str | None = None  # the gateway that carries it out
    leased_until: datetime | None = None  # and until when it must have been heard of
    stirred: datetime | None = None  # when rows were done last, or it was taken; or when rows came

    @property
    def settled(self) -> int:
        """How many rows have come to their end."""
        return sum(self.counts.values())

    @property
    def accepted(self) -> bool:
        """Whether all that was asked was carried out."""
        return self.state == "done" and self.counts.get("accepted", 0) == self.rows


def moved(job: Job, move: str, who: str, at: datetime) -> Job:
    """Give the job after `pause`, `resume`, `cancel` or `approve`. Raises `WrongMove`."""
    to = _MOVES[move].get(job.state)
    if to is None:
        right = " or ".join(state.replace("_", " ") for state in _MOVES[move])
        raise WrongMove(f"Job {job.id} is {job.state.replace('_', ' ')}; {move} is for jobs that are {right}.")
    if move == "approve" and who == job.who:
        raise WrongMove(f"Job {job.id} was made by {who}; somebody else has to approve it.")
    approved_by = who if move == "approve" else job.approved_by
    return replace(job, state=to, note=None, finished=at if to in ENDED else None, approved_by=approved_by)


def needs_approval(job: Job, most: int) -> bool:
    """Tell whether a second pair of eyes has to look at a job: it deletes more than `most` numbers."""
    rows = job.rows - job.counts.get("refused", 0)
    return job.verb == "delete" and rows > most and job.approved_by is None
