"""A part of the stack in a container of Docker, with the same handle as a process."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from docker.errors import DockerException
from requests import RequestException
from testcontainers.core.container import DockerContainer
from testcontainers.core.waiting_utils import WaitStrategy, WaitStrategyTarget

from services.ops.stack.child import LOG_LINES
from services.ops.stack.errors import StackError

START_SECONDS = 60.0
# Testcontainers' reaper, which removes the containers of a process that was killed, is made with the first
# container and does not expect two threads at once.
_creating = threading.Lock()


class Serving(WaitStrategy):
    """Wait until the server in the container answers in its own protocol: Docker opens its port long before."""

    def __init__(self, name: str, ready: Callable[[], bool]) -> None:
        super().__init__()
        self.with_startup_timeout(timedelta(seconds=START_SECONDS)).with_poll_interval(0.1)
        self._name = name
        self._ready = ready

    def wait_until_ready(self, container: WaitStrategyTarget) -> None:
        """Raise StackError if the container ends or does not answer in time."""

        def answers() -> bool:
            if self._ready():
                return True
            container.reload()
            if container.status in ("exited", "dead"):
                raise StopIteration  # ends the poll
            return False

        if not self._poll(answers):
            lines = b"".join(container.get_logs()).decode(errors="replace").splitlines()[-LOG_LINES:]
            raise StackError("\n  ".join([f"{self._name} does not answer in its container; its log ends:", *lines]))


@dataclass
class Contained:
    """A server in a container, on a fixed port of this machine; its data live as long as the container."""

    name: str
    url: str
    container: DockerContainer
    ready: Callable[[], bool]
    _created: bool = field(default=False, init=False)

    @property
    def pid(self) -> int:
        """Return the id of the process, in the process space of Docker's own machine."""
        running = self._reloaded()
        pid = running.attrs["State"]["Pid"] if running is not None else 0
        if not pid:
            raise StackError(f"{self.name} is not running.")
        return int(pid)

    def start(self) -> None:
        """Create or start the container and return when it serves; raises StackError."""
        running = self._reloaded()
        if running is not None and running.status in ("running", "paused"):
            return
        try:
            self._launch()
        except (DockerException, RequestException) as error:
            raise StackError(f"Docker does not start {self.name}: {error}") from error
        Serving(self.name, self.ready).wait_until_ready(self.container)

    def stop(self) -> None:
        """End it with SIGTERM, and with SIGKILL if that takes longer than 10 s."""
        running = self._reloaded()
        if running is not None and running.status == "paused":
            running.unpause()
        if running is not None and running.status in ("running", "paused"):
            running.stop(timeout=10)

    def kill(self) -> None:
        """End it with SIGKILL."""
        running = self._reloaded()
        if running is not None and running.status in ("running", "paused"):
            running.kill()
            running.wait()

    def pause(self) -> None:
        """Freeze all of it."""
        self.container.get_wrapped_container().pause()

    def resume(self) -> None:
        """Let it go on."""
        self.container.get_wrapped_container().unpause()

    def remove(self) -> None:
        """Remove the container, if there is one, with all that it wrote outside of named volumes."""
        self.container.stop()

    def _launch(self) -> None:
        if self._created:
            self.container.get_wrapped_container().start()
            return
        with _creating:
            self.container.start()
        self._created = True

    def _reloaded(self) -> Any:
        """Return Docker's present view of the container, None before the first start."""
        if not self._created:
            return None
        running = self.container.get_wrapped_container()
        running.reload()
        return running
