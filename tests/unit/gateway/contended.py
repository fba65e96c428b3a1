"""A store in which somebody else is always first."""

from typing import Any

from services.chassis.errors import Conflict


class Contended:
    """Counts who tries."""

    def __init__(self) -> None:
        self.tries = 0

    def transaction(self) -> Any:
        """Raise `Conflict`."""
        self.tries += 1
        raise Conflict
