"""A stack that is up: its parts started side by side, and ended together."""

import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from services.ops.stack.child import Part
from services.ops.stack.mail import Mail


@dataclass(frozen=True)
class Stack:
    """Backing services that are up. A part that is None is not ours to start or stop."""

    env: dict[str, str]  # KAFKA_BOOTSTRAP_SERVERS, MONGODB_URL, SMTP_URL: of each part that there is
    maildir: Path  # every mail that our mail server got, as a Maildir; no such folder if it is not ours
    kafka: Part | None = None
    mongo: Part | None = None
    mail: Mail | None = None
    seconds: float = 0.0  # how long the start took

    @property
    def parts(self) -> list[Part]:
        """All parts that are ours."""
        return [part for part in (self.kafka, self.mongo, self.mail) if part is not None]


@contextmanager
def running(stack: Stack, *, keep: bool) -> Iterator[Stack]:
    """Start all parts of `stack` side by side, give it with its `env` complete, end them at the end.

    With `keep` they are stopped in order, else killed: nobody will read their data. If one does not start, its
    StackError is raised after all others are ended.
    """
    begun = time.monotonic()
    try:
        _start(stack.parts)
        yield replace(stack, env=stack.env | _addresses(stack), seconds=time.monotonic() - begun)
    finally:
        _end(stack.parts, keep=keep)


def _start(parts: list[Part]) -> None:
    with ThreadPoolExecutor(max(1, len(parts))) as pool:
        starts = [pool.submit(part.start) for part in parts]
        try:
            _first_failure(starts)
        except BaseException:  # also Ctrl-C: whoever waits for a server sees it end, and gives up
            for part in parts:
                part.kill()
            raise


def _first_failure(starts: "list[Future[None]]") -> None:
    wait(starts, return_when="FIRST_EXCEPTION")
    for start in starts:
        if start.done():
            start.result()


def _end(parts: list[Part], *, keep: bool) -> None:
    with ThreadPoolExecutor(max(1, len(parts))) as pool:
        for end in [pool.submit(part.stop if keep else part.kill) for part in parts]:
            end.result()


def _addresses(stack: Stack) -> dict[str, str]:
    named = {"KAFKA_BOOTSTRAP_SERVERS": stack.kafka, "MONGODB_URL": stack.mongo, "SMTP_URL": stack.mail}
    return {name: part.url for name, part in named.items() if part is not None}
