"""What happens, a line for each step; and what went wrong."""

from collections.abc import Callable
from typing import NamedTuple


class Fault(NamedTuple):
    """A rule that does not hold: which, and for whom, and why."""

    check: str
    subject: str
    message: str

    def __str__(self) -> str:
        """Give it as one line."""
        return f"{self.check}: {self.subject}: {self.message}"


class Trace:
    """Takes what happens. `tell`: where the lines go; None: nowhere."""

    def __init__(self, time: Callable[[], float], tell: Callable[[str], None] | None) -> None:
        self._time, self._tell = time, tell

    def say(self, who: str, what: str) -> None:
        """Note a step."""
        if self._tell is not None:
            self._tell(f"{self._time():11.6f}  {who:<20}  {what}")

    def trouble(self, who: str, what: str) -> None:
        """Note a fault that was made on purpose."""
        self.say(who, f"*** {what}")
