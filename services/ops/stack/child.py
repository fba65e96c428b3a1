"""A server in a process of its own: started, paused, killed and started again by whoever holds it."""

import signal
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from services.ops.stack.errors import StackError
from services.ops.stack.forker import spawn
from services.ops.stack.ports import HOST, free_port, is_free
from services.ops.stack.settings import Settings

START_SECONDS = 60.0
STOP_SECONDS = 10.0
LOG_LINES = 12


class Part(Protocol):
    """What a test may do to a running part of the stack, whether it is a process or a container."""

    @property
    def name(self) -> str:
        """Its name in messages: `Kafka`, `MongoDB`, `mail`."""

    @property
    def url(self) -> str:
        """Where clients find it; stays the same over restarts."""

    @property
    def pid(self) -> int:
        """The process as the system knows it; raises StackError if it does not run."""

    def start(self) -> None:
        """Start it, on the same port and data as before, and return when it serves; no-op if it runs."""

    def stop(self) -> None:
        """End it in order (SIGTERM) and return when it is gone; no-op if it does not run."""

    def kill(self) -> None:
        """End it at once (SIGKILL) and return when it is gone; no-op if it does not run."""

    def pause(self) -> None:
        """Freeze it: connections stay open and nothing is answered."""

    def resume(self) -> None:
        """Let it go on after `pause`."""


@dataclass(frozen=True)
class Home:
    """What the children of one stack share."""

    folder: Path  # each child has its data in a folder of its own in here, and its log beside that
    settings: Settings
    progress: Callable[[str], None]  # takes a line for a person to read


class Child(ABC):
    """A server on one port of 127.0.0.1 with one folder; ends with its parent, however the parent ends."""

    name: str
    directory: str  # in the stack's folder

    def __init__(self, home: Home, port: int | None = None) -> None:
        self.home = home
        self.port = port or free_port()
        self.folder = home.folder / self.directory  # its data; kept over restarts
        self.log = self.folder.with_suffix(".log")
        self._process: subprocess.Popen[bytes] | None = None

    @property
    @abstractmethod
    def url(self) -> str:
        """Return where clients find it."""

    @abstractmethod
    def command(self) -> list[str]:
        """Make everything ready for a start and return the command line."""

    @abstractmethod
    def ready(self) -> bool:
        """Tell whether the running server can be used."""

    def environ(self) -> dict[str, str]:
        """Return the environment of the process."""
        return dict(self.home.settings.environ)

    @property
    def running(self) -> bool:
        """Tell whether the process lives, paused or not."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """Return the id of the process; raises StackError if it does not run."""
        if self._process is None or self._process.poll() is not None:
            raise StackError(f"{self.name} is not running.")
        return self._process.pid

    def start(self) -> None:
        """Start it on its port and data and return when it serves; raises StackError with the end of its log."""
        if self.running:
            return
        if not is_free(self.port):
            raise StackError(f"{self.name} cannot use port {self.port} of {HOST}: another process listens there.")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._process = spawn(self.command(), environ=self.environ(), log=self.log)
        except OSError as error:  # a folder that cannot be written, a disk that is full
            raise StackError(f"{self.name} cannot be started: {error}.") from error
        self._await_ready(self._process)

    def stop(self) -> None:
        """End it with SIGTERM, and with SIGKILL if that takes longer than 10 s."""
        if self.running:
            self.resume()  # a frozen process does not hear SIGTERM
            self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it with SIGKILL."""
        if self.running:
            self._end(signal.SIGKILL)

    def pause(self) -> None:
        """Freeze it with SIGSTOP."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on with SIGCONT."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is None or self._process.poll() is not None:
            raise StackError(f"{self.name} is not running.")
        self._process.send_signal(number)

    def _end(self, number: signal.Signals) -> None:
        process = self._process
        if process is None:
            return
        process.send_signal(number)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _await_ready(self, process: "subprocess.Popen[bytes]") -> None:
        deadline = time.monotonic() + START_SECONDS
        while not self.ready():
            if process.poll() is not None:
                raise StackError(self._epitaph(f"{self.name} ended while starting ({_ending(process.returncode)})"))
            if time.monotonic() > deadline:
                self.kill()
                raise StackError(self._epitaph(f"{self.name} did not answer within {START_SECONDS:.0f} s"))
            time.sleep(0.02)

    def _epitaph(self, sentence: str) -> str:
        lines = self.log.read_text(errors="replace").splitlines()[-LOG_LINES:]
        return "\n  ".join([f"{sentence}; its log {self.log} ends:", *lines])


def _ending(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
