"""The thread that starts processes.

The kernel ends a leashed process when the *thread* that started it ends. So all of them are started by one
thread, which lives as long as this process does, whichever thread asked.
"""

import os
import queue
import subprocess
import sys
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

LEASH = Path(__file__).with_name("leash.py")


@dataclass(frozen=True)
class Launch:
    """A process to be started."""

    command: list[str]
    environ: Mapping[str, str]
    log: Path  # its standard output and error are appended here
    started: "Future[subprocess.Popen[bytes]]"


_lock = threading.Lock()
_queues: dict[int, "queue.SimpleQueue[Launch]"] = {}  # by process id: a fork takes no threads along


def spawn(command: list[str], *, environ: Mapping[str, str], log: Path) -> "subprocess.Popen[bytes]":
    """Start `command` in a session of its own, so that it ends when this process ends, however it ends.

    In a session of its own it does not hear Ctrl-C: whoever started it decides. Raises OSError if it cannot be
    started. On other systems than Linux it outlives a parent that is killed with SIGKILL.
    """
    launch = Launch(command, environ, log, Future())
    _queue().put(launch)
    return launch.started.result()


def _queue() -> "queue.SimpleQueue[Launch]":
    with _lock:
        if os.getpid() not in _queues:
            _queues[os.getpid()] = queue.SimpleQueue()
            threading.Thread(target=_serve, args=(_queues[os.getpid()],), name="forker", daemon=True).start()
        return _queues[os.getpid()]


def _serve(launches: "queue.SimpleQueue[Launch]") -> None:
    while True:
        launch = launches.get()
        try:
            launch.started.set_result(_start(launch))
        except Exception as error:  # noqa: BLE001 - raised where it was asked for; this thread must live on
            launch.started.set_exception(error)


def _start(launch: Launch) -> "subprocess.Popen[bytes]":
    leash = [sys.executable, "-I", "-S", str(LEASH), str(os.getpid())]
    with launch.log.open("ab") as log:
        return subprocess.Popen(
            [*leash, *launch.command],
            env=dict(launch.environ),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
