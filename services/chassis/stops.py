"""A hook for tests: the process kills itself at a named step of the road, as `kill -9` would."""

import os
import signal
from collections.abc import Callable

STEPS = (
    "opening", "opened", "taken", "read", "decided", "committed", "published", "noted", "closing", "acted",
)  # fmt: skip

Step = Callable[[str], None]


def never(step: str) -> None:
    """Go on."""


def stop_at(setting: str | None) -> Step:
    """Read `STEP` or `STEP:N` (the Nth time). Raises `ValueError`."""
    if setting is None:
        return never
    name, _, count = setting.partition(":")
    if name not in STEPS or (count and not count.isdigit()):
        raise ValueError(f"must be one of {', '.join(STEPS)}, or STEP:N")
    left = int(count or 1)

    def step(reached: str) -> None:
        nonlocal left
        if reached == name:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    return step
