"""What can be shown of a story that runs, whoever shows it."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from types import TracebackType
from typing import NamedTuple, Protocol, Self

from services.ops.demo.ledger import Heard
from services.ops.demo.post import Mail


class Moment(NamedTuple):
    """How everything stands now."""

    at: datetime
    day: float  # since the opening
    states: Counter[str]
    services: Mapping[str, str]  # how each is, in a word


class Show(Protocol):
    """Shows a story: live on a screen, or line by line."""

    def __enter__(self) -> Self:
        """Begin."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        """End, and leave on the screen what can stay."""

    def scene(self, at: datetime, words: str) -> None:
        """Tell what begins now."""

    def heard(self, heard: Heard) -> None:
        """Show what a topic has said."""

    def mail(self, mail: Mail) -> None:
        """Show a mail that has arrived."""

    def moment(self, moment: Moment) -> None:
        """Show how everything stands; called a few times a second."""
