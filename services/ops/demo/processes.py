"""The services, each a process of its own that ends with the demo, however that ends."""

import asyncio
import os
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from contracts.fields import format_instant
from contracts.topics import SERVICES
from services.chassis.clock import SimulatedClock
from services.ops.demo.cast import SENDER, SUPPORT
from services.ops.stack.child import Child, Home
from services.ops.stack.mail import ROOT
from services.ops.stack.ports import HOST, free_port
from services.ops.stack.settings import Settings

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
GRACE = 5.0  # real seconds before New Year, in which the services start and the bank is filled


class ServiceProcess(Child):
    """One `numberbank run`; its port answers whether its lanes are open."""

    def __init__(self, home: Home, name: str, env: Mapping[str, str]) -> None:
        self.name, self.directory = name, name
        super().__init__(home)
        self.env = dict(env)
        self.expected = False  # whether it should be running

    @property
    def url(self) -> str:
        """Return where it tells how it is."""
        return f"http://{HOST}:{self.port}/readyz"

    def command(self) -> list[str]:
        """Return the command line, as a person would type it."""
        return [sys.executable, "-m", "services.ops", "run", self.name, "--health-port", str(self.port)]

    def environ(self) -> dict[str, str]:
        """Return the surroundings: none of the settings of whoever watches the demo."""
        return self.env

    def ready(self) -> bool:
        """Tell whether its lanes are open."""
        time.sleep(0.05)
        try:
            with urllib.request.urlopen(self.url, timeout=2) as answer:
                return int(answer.status) == 200
        except (OSError, urllib.error.URLError):
            return False


class Processes:
    """All services, under one clock."""

    def __init__(self, folder: Path, stack_env: Mapping[str, str], seconds: float) -> None:
        self.rate = 365 * 86_400 / seconds
        self.settings = _settings(stack_env, NEW_YEAR, self.rate, time.time() + GRACE)
        folder.mkdir(exist_ok=True)
        home = Home(folder, Settings.read(_environ(self.settings)), lambda line: None)
        self.desk = f"http://{HOST}:{self.settings['NUMBERBANK_HTTP_PORT']}"
        self._all = {name: ServiceProcess(home, name, home.settings.environ) for name in SERVICES}

    @property
    def clock(self) -> SimulatedClock:
        """The clock that all of them share."""
        start, _, rate = self.settings["NUMBERBANK_CLOCK"].partition("@")
        since = float(self.settings["NUMBERBANK_CLOCK_SINCE"])
        return SimulatedClock(datetime.fromisoformat(start), float(rate), since)

    async def start(self, names: Iterable[str] = SERVICES) -> None:
        """Start these side by side. Raises `StackError`."""
        await asyncio.gather(*(asyncio.to_thread(self._all[name].start) for name in names))
        for name in names:
            self._all[name].expected = True

    async def kill(self, name: str) -> None:
        """End one with SIGKILL."""
        self._all[name].expected = False
        await asyncio.to_thread(self._all[name].kill)

    async def slow_down(self, rate: float) -> None:
        """Go on from the present date at another rate: all are stopped in order, and started again."""
        now = self.clock.now()
        for process in self._all.values():
            process.expected = False
        await asyncio.gather(*(asyncio.to_thread(process.stop) for process in self._all.values()))
        self.settings = _settings(self.settings, now, rate, time.time())
        for process in self._all.values():
            process.env = _environ(self.settings)
        await self.start()

    def end(self) -> None:
        """End all at once: nobody will read their data."""
        for process in self._all.values():
            process.kill()

    def standing(self) -> dict[str, str]:
        """Say of each how it is: `runs`, `gone` or, against all expectation, `ended`."""
        return {
            name: "runs" if process.running else "ended" if process.expected else "gone"
            for name, process in self._all.items()
        }

    @property
    def environ(self) -> dict[str, str]:
        """The surroundings of a command that a person types beside them."""
        return _environ(self.settings)

    def last_words(self, name: str) -> str:
        """Give the end of the log of one."""
        return self._all[name].log.read_text(errors="replace").strip().rpartition("\n")[2]


def _settings(stack_env: Mapping[str, str], start: datetime, rate: float, since: float) -> dict[str, str]:
    return {
        **stack_env,
        "NUMBERBANK_CLOCK": f"{format_instant(start)}@{rate:.3f}",
        "NUMBERBANK_CLOCK_SINCE": f"{since:.3f}",
        "NUMBERBANK_MAIL_FROM": SENDER,
        "NUMBERBANK_SUPPORT_EMAIL": SUPPORT,
        "NUMBERBANK_DIGEST_PERIOD": "3d",
        "NUMBERBANK_HTTP_PORT": stack_env.get("NUMBERBANK_HTTP_PORT") or str(free_port()),
        # Also how often the services look at the clock: six times as often, in real time.
        "NUMBERBANK_SESSION_TIMEOUT": "2",
    }


def _environ(settings: Mapping[str, str]) -> dict[str, str]:
    mine = {name: value for name, value in os.environ.items() if not name.startswith("NUMBERBANK_")}
    path = mine.get("PYTHONPATH")
    return {**mine, "PYTHONPATH": f"{ROOT}:{path}" if path else str(ROOT), **settings}
