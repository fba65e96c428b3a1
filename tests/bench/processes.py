"""Services and contenders as processes of their own; how much processor and memory they use."""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from services.ops.stack.forker import LEASH
from services.ops.stack.ports import free_port

ROOT = Path(__file__).parents[2]
LEASHED = (sys.executable, "-I", "-S", str(LEASH), str(os.getpid()), sys.executable)  # ends with this process
READY = 300.0  # seconds until a service has to have its lanes open: some first read what others have said
ENDING = 20.0  # seconds after which a process that was told to end is killed


class NotInTime(Exception):
    """Something took too long; the message says what."""


class Running:
    """Processes that do one job together."""

    def __init__(self, processes: Sequence[asyncio.subprocess.Process]) -> None:
        self._processes = processes

    @property
    def ended(self) -> bool:
        """Whether one of them is gone."""
        return any(process.returncode is not None for process in self._processes)

    @property
    def cpu(self) -> float:
        """Seconds of processor that all have used until now, in user and kernel mode; NaN where nobody tells."""
        return sum(cpu_seconds(process.pid) for process in self._processes)

    @property
    def peak(self) -> float:
        """Megabytes that all have held in memory at their highest; NaN where nobody tells."""
        return sum(peak_memory(process.pid) for process in self._processes)


@asynccontextmanager
async def running(env: Mapping[str, str], *commands: Sequence[str]) -> AsyncIterator[Running]:
    """Run Python with each of these arguments, side by side; they end at the end, and with this process."""
    processes: list[asyncio.subprocess.Process] = []
    try:
        for command in commands:
            processes.append(await asyncio.create_subprocess_exec(*LEASHED, *command, env=env, cwd=ROOT))
        yield Running(processes)
    finally:
        await asyncio.gather(*map(_end, processes))


async def ended(env: Mapping[str, str], command: Sequence[str]) -> int:
    """Run Python with these arguments; give its exit code."""
    process = await asyncio.create_subprocess_exec(
        *LEASHED, *command, env=env, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    try:
        said, _ = await process.communicate()
    finally:
        await _end(process)
    if process.returncode:
        sys.stderr.write(said.decode(errors="replace"))
    return process.returncode or 0


@asynccontextmanager
async def services(env: Mapping[str, str], *names: str) -> AsyncIterator[list[Running]]:
    """Run services, each in a process; they are ready. Raises `NotInTime`, `RuntimeError`."""
    ports = [free_port() for _ in names]
    commands = [
        ("-m", "services.ops", "run", name, "--health-port", str(port)) for name, port in zip(names, ports, strict=True)
    ]
    async with running(env, *commands) as all_:
        for name, port in zip(names, ports, strict=True):
            await _until_ready(all_, name, port)
        yield [Running([process]) for process in all_._processes]


async def _until_ready(all_: Running, name: str, port: int) -> None:
    end = time.monotonic() + READY
    while not await _is_ready(port):
        if all_.ended:
            raise RuntimeError("A service came to an end while it was starting.")
        if time.monotonic() > end:
            raise NotInTime(f"{name} was not ready within {READY:.0f} s.")
        await asyncio.sleep(0.05)


async def _is_ready(port: int) -> bool:
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    try:
        writer.write(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        return b" 200 " in await reader.readline()
    except OSError:
        return False
    finally:
        writer.close()


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(ENDING):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


def cpu_seconds(pid: int) -> float:
    """Give the time in user and kernel mode of a process and its children; NaN where the system does not tell."""
    stat = Path(f"/proc/{pid}/stat")
    if not stat.exists():
        return float("nan")
    fields = stat.read_text().rpartition(")")[2].split()
    own = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return own + sum(cpu_seconds(child) for child in _children(pid))


def peak_memory(pid: int) -> float:
    """Give the most megabytes that a process, and each of its children, held; NaN where the system does not tell."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        return float("nan")
    [held] = [line.split()[1] for line in status.read_text().splitlines() if line.startswith("VmHWM")] or ["nan"]
    return float(held) / 1024 + sum(peak_memory(child) for child in _children(pid))


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
