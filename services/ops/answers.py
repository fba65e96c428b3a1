"""Answers told: envelopes for programs as they come, a table for people, and progress meanwhile."""

import sys
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Any, Self

from services.ops.asking import Answer
from services.ops.printing import line, say, table
from services.ops.wording import outcome_of, until_of, why


class Teller:
    """Tells answers in the order in which was asked."""

    def __init__(self, several: int, as_json: bool) -> None:
        self._json, self._told, self._several = as_json, 0, several
        self._progress: Any = None

    def __enter__(self) -> Self:
        if self._several > 1 and sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import Progress

            self._progress = Progress(console=Console(stderr=True), transient=True)
            self._progress.start()
            self._task = self._progress.add_task("answers", total=self._several)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._progress is not None:
            self._progress.stop()

    def heard(self, answers: Sequence[Answer]) -> None:
        """Show how many there are, and write those whose turn it is."""
        if self._progress is not None:
            self._progress.update(self._task, completed=sum(answer.settled for answer in answers))
        while self._json and self._told < len(answers) and (envelope := answers[self._told].envelope) is not None:
            line(envelope)
            self._told += 1

    def end(self, answers: Sequence[Answer], timeout: float) -> None:
        """Write all that is left, and say who has not answered."""
        if self._progress is not None:
            self._progress.stop()
        if self._json:
            for answer in answers[self._told :]:
                if answer.envelope is not None:
                    line(answer.envelope)
        elif any(answer.envelope is not None for answer in answers):
            table(
                ("number", "outcome", "state", "until", "why"),
                (row for answer in answers if answer.envelope is not None for row in _rows(answer.envelope)),
            )
        for answer in answers:
            if answer.dead_letter is not None:
                say(f"{answer.sending.subject}: could not be read and is a dead letter: {answer.dead_letter}")
            elif answer.envelope is None:
                say(
                    f"{answer.sending.subject}: no answer to {answer.sending.type} {answer.sending.id} "
                    f"within {timeout:g} s; does the service run (numberbank run all)?"
                )
            elif self._json and answer.rejected:
                say(f"{answer.sending.subject}: {_complaint(answer.envelope)}")


def _rows(envelope: dict[str, Any]) -> Iterator[tuple[object, ...]]:
    data = envelope.get("data") or {}
    numbers = data.get("numbers")
    if numbers is None:
        yield envelope.get("subject"), outcome_of(envelope), data.get("state"), until_of(data), why(data)
        return
    yield data.get("subscription"), outcome_of(envelope), "", "", data.get("code") or ""
    for number in numbers:
        yield number.get("number"), number.get("outcome"), "", "", why(number)


def _complaint(envelope: dict[str, Any]) -> str:
    data = envelope.get("data") or {}
    found = [data, *(data.get("numbers") or [])]
    return "; ".join(why(each) for each in found if each.get("code")) or outcome_of(envelope)
