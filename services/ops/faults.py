"""What can go wrong for a person at the command line, each with its exit code."""

from enum import IntEnum

from services.chassis.errors import Refusal, Unusable


class Exit(IntEnum):
    """What a command leaves behind for scripts."""

    ACCEPTED = 0
    REJECTED = 1
    WRONG_USAGE = 2
    NO_ANSWER = 3
    UNUSABLE = 4
    INTERRUPTED = 130


class WrongUsage(Refusal):
    """What was typed or set cannot be meant."""


def exit_code(error: Refusal) -> Exit:
    """Sort a refusal: a server that cannot be used, or a wrong usage or setting."""
    return Exit.UNUSABLE if isinstance(error, Unusable) else Exit.WRONG_USAGE
