"""A chunk whose commands are on their way."""

from collections.abc import Iterable, Iterator

from services.gateway.bulk.chunks import Chunk, Settled
from services.gateway.domain import Answer
from services.gateway.domain.row import Refused, Row


class Flight:
    """Gathers what became of each row. `missing`: the places of those without answer."""

    def __init__(self, chunk: Chunk) -> None:
        self.place, self._rows = chunk.place, chunk.rows
        self._settled = {
            at: Settled("refused", row.code, row.reason)
            for at, row in enumerate(chunk.rows)
            if isinstance(row, Refused)
        }
        self.missing = set(range(len(chunk.rows))) - self._settled.keys()

    def unanswered(self) -> Iterator[tuple[int, Row]]:
        """Give the rows without answer, and where they stand."""
        return ((at, row) for at, row in enumerate(self._rows) if at in self.missing and isinstance(row, Row))

    def answered(self, answers: Iterable[Answer]) -> None:
        """Take what was found of rows that are without answer."""
        for answer in answers:
            if answer.at in self.missing:
                self._settled[answer.at] = Settled.of(answer)
                self.missing.remove(answer.at)

    def give_up(self) -> None:
        """Take no answer for an answer."""
        reason = "Nobody has answered for three days; look at the number before you ask again."
        self._settled |= dict.fromkeys(self.missing, Settled("unanswered", "unanswered", reason))
        self.missing.clear()

    @property
    def settled(self) -> list[Settled]:
        """What became of each row, when nothing is missing."""
        return [self._settled[at] for at in range(len(self._rows))]
