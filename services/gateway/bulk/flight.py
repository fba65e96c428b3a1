"""A chunk whose commands are on their way."""

from collections.abc import Mapping

from services.gateway.bulk.chunks import Chunk, Settled, command_id
from services.gateway.domain import Outcome
from services.gateway.domain.job import Job
from services.gateway.domain.row import Refused, Row


class Flight:
    """Gathers what became of each row. `missing`: those without answer, by the id of their command."""

    def __init__(self, job: Job, chunk: Chunk) -> None:
        self.place, self.rows = chunk.place, chunk.rows
        self.missing = {command_id(job.id, row.line): at for at, row in enumerate(chunk.rows) if isinstance(row, Row)}
        self._settled = {
            at: Settled("refused", row.code, row.reason)
            for at, row in enumerate(chunk.rows)
            if isinstance(row, Refused)
        }

    def answered(self, outcomes: Mapping[str, Outcome]) -> None:
        """Take what was found."""
        for id, outcome in outcomes.items():
            self._settled[self.missing.pop(id)] = Settled.of(outcome)

    def give_up(self) -> None:
        """Take no answer for an answer."""
        reason = "Nobody has answered for three days; look at the number before you ask again."
        self._settled |= dict.fromkeys(self.missing.values(), Settled("unanswered", "unanswered", reason))
        self.missing.clear()

    @property
    def settled(self) -> list[Settled]:
        """What became of each row, when nothing is missing."""
        return [self._settled[at] for at in range(len(self.rows))]
