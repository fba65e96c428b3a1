"""`numberbank run`: services in this process, or in several."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import get_type_hints

from contracts.topics import SERVICES
from services.chassis.logs import log_json
from services.chassis.service import Service
from services.chassis.settings import Settings
from services.ops.stack.forker import LEASH


def composed(name: str) -> tuple[Service, Settings]:
    """Give a service as its composition root makes it from the environment. Raises `WrongSetting`."""
    package = f"services.{name.replace('-', '_')}"
    build: Callable[[Settings], Service] = import_module(f"{package}.app").service
    settings: Settings = get_type_hints(build)["settings"].load()
    return build(settings), settings


def run_services(names: Sequence[str], workers: int = 1, health_port: int | None = None) -> int:
    """Run until SIGTERM; give the exit code. Raises `Refusal`."""
    # Until the services listen themselves; importing them takes a second.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    if workers > 1:
        return _run_workers(names, workers, health_port)
    from services.chassis.process import serve

    chosen = [composed(name) for name in (SERVICES if "all" in names else names)]
    log_json(chosen[0][1].log_level)
    asyncio.run(serve(chosen, health_port))
    return 0


def _run_workers(names: Sequence[str], workers: int, health_port: int | None) -> int:
    """Run processes that share the lanes; when one ends, all do, with its exit code."""
    for name in SERVICES if "all" in names else names:
        composed(name)  # a wrong setting is said once, not by each worker
    leash = [sys.executable, "-I", "-S", str(LEASH), str(os.getpid())]  # no worker outlives this process
    command = [*leash, sys.executable, "-m", "services.ops", "run", *names]
    children = [
        subprocess.Popen([*command, *(["--health-port", str(health_port + index)] if health_port else [])])
        for index in range(workers)
    ]
    asked = False

    def end(*_: object) -> None:
        nonlocal asked
        asked = True
        for child in children:
            child.terminate()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    codes = [_first_to_end(children)]
    if not asked:
        end()
    codes += [child.wait() for child in children]
    # A worker that had not begun to listen ends by the signal itself.
    return next((code for code in codes if code not in (0, -signal.SIGTERM)), 0)


def _first_to_end(children: Sequence["subprocess.Popen[bytes]"]) -> int:
    while True:
        for child in children:
            try:
                return child.wait(timeout=0.2)
            except subprocess.TimeoutExpired:
                continue
