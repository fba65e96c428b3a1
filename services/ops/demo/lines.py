"""The story line by line, where there is no terminal: files, pipes, logs of a build."""

from datetime import datetime
from types import TracebackType
from typing import Any, Self

import click

from contracts.fields import parse_instant
from services.ops.demo.cast import STARS
from services.ops.demo.ledger import Heard
from services.ops.demo.post import Mail
from services.ops.demo.sentences import day, sentence
from services.ops.demo.showing import Moment
from services.ops.printing import printable

ORDER = ("available", "reserved", "locked", "assigned", "deleted")


class Lines:
    """Tells scenes, what becomes of the numbers that play in them, their mails, and each month how all stand."""

    def __init__(self, to_error: bool) -> None:
        self._err = to_error
        self._month: int | None = None
        self._told: set[str] = set()
        self._mails = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def scene(self, at: datetime, words: str) -> None:
        """Tell what begins now."""
        self._say(at, f"* {words}")

    def heard(self, heard: Heard) -> None:
        """Tell what concerns the numbers of the story."""
        numbers = [heard.subject, *(each.get("number") for each in _numbers(heard))]
        text = sentence(heard) if STARS.intersection(numbers) else None
        if text is None or heard.id in self._told:
            return
        self._told.add(heard.id)
        at = heard.envelope.get("time")
        self._say(parse_instant(at) if at else None, f"  {text}")

    def mail(self, mail: Mail) -> None:
        """Tell of the first mails, and of those about numbers of the story."""
        self._mails += 1
        if self._mails <= 3 or "lock" in mail.subject or mail.to.startswith("owner@"):
            self._say(None, f"  mail to {mail.to}: {mail.subject}")

    def moment(self, moment: Moment) -> None:
        """Tell once a month how all stand."""
        if moment.day >= 0 and moment.at.month != self._month:
            self._month = moment.at.month
            counts = ", ".join(f"{moment.states[state]} {state}" for state in ORDER if moment.states[state])
            self._say(moment.at, f"= {moment.at:%B %Y}: {counts}; {self._mails} mails so far")

    def _say(self, at: datetime | None, text: str) -> None:
        click.echo(printable(f"{day(at) if at else '':6}  {text}"), err=self._err)


def _numbers(heard: Heard) -> list[dict[str, Any]]:
    numbers = heard.data.get("numbers")
    return [each for each in numbers if isinstance(each, dict)] if isinstance(numbers, list) else []
