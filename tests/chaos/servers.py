"""The servers of a chaos run: Kafka with a second door behind a proxy, and a mongod whose disk can fill up."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from services.ops.stack import Mail
from services.ops.stack.child import Child, Home
from services.ops.stack.forker import LEASH, spawn
from services.ops.stack.installation import install_kafka
from services.ops.stack.kafka import Installation, Kafka
from services.ops.stack.mongo import Mongo
from services.ops.stack.ports import HOST, free_port
from services.ops.stack.running import Stack, running
from services.ops.stack.settings import Settings
from tests.chaos.proxy import Proxy

DISK = 3072  # MB, in memory


class TwoDoors(Kafka):
    """A broker that tells those who came through the proxy to go on through the proxy."""

    def __init__(self, home: Home, installation: Installation | object) -> None:
        super().__init__(home, installation)  # type: ignore[arg-type]
        self.inner = free_port()  # where the proxy leads to
        self.outer = 0  # where the proxy listens

    def settings(self) -> Mapping[str, str]:
        """Open the second door."""
        listeners = {"PLAINTEXT": self.port, "CONTROLLER": self.controller_port, "PROXIED": self.inner}
        return {
            "listeners": _addresses(listeners),
            "advertised.listeners": _addresses({"PLAINTEXT": self.port, "PROXIED": self.outer}),
            "listener.security.protocol.map": ",".join(f"{name}:PLAINTEXT" for name in listeners),
        }


def _addresses(ports: Mapping[str, int]) -> str:
    return ",".join(f"{name}://{HOST}:{port}" for name, port in ports.items())


class Disk:
    """A small disk in a mount namespace of its own, held open by a process that does nothing else."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        script = f"mount -t tmpfs -o size={DISK}m tmpfs {folder} && echo mounted && exec sleep infinity"
        log = folder.with_suffix(".disk.log")
        self.keeper = spawn(["unshare", "-Urm", *leash(), "sh", "-c", script], environ=os.environ, log=log)
        while self.keeper.poll() is None and "mounted" not in log.read_text():
            time.sleep(0.01)

    @property
    def inside(self) -> list[str]:
        """The words that run a command where the disk is."""
        return ["nsenter", "--preserve-credentials", "-U", "-m", "-t", str(self.keeper.pid)]

    def fill(self) -> None:
        """Let it be no larger than what is on it, or very little: it goes on growing meanwhile."""
        while not self._resize("$(( $(df -k --output=used {0} | tail -1) + 64 ))k"):
            pass

    def free(self) -> None:
        """Give it room again."""
        assert self._resize(f"{DISK}m")

    def _resize(self, size: str) -> bool:
        script = f"mount -o remount,size={size.format(self.folder)} {self.folder}"
        return subprocess.run([*self.inside, "sh", "-c", script], capture_output=True, check=False).returncode == 0

    def keep(self, copy: Path) -> None:
        """Copy what is on it to where it can be read when the disk is gone."""
        subprocess.run([*self.inside, "tar", "-C", str(self.folder), "-cf", str(copy), "."], check=True)


class SmallMongo(Mongo):
    """A mongod on a small disk, where this machine allows one."""

    disk: Disk | None = None

    def command(self) -> list[str]:
        """Run it where the disk is."""
        if self.disk is None and can_mount():
            self.disk = Disk(self.folder)
        return [*([*self.disk.inside, *leash()] if self.disk else []), *super().command()]


def leash() -> list[str]:
    """Give the words that tie a command to this process; whoever changes namespace slips the leash it had."""
    return [sys.executable, "-I", "-S", str(LEASH), str(os.getpid())]


def can_mount() -> bool:
    """Tell whether a user may mount something in a namespace of their own here."""
    if not (shutil.which("unshare") and shutil.which("nsenter")):
        return False
    probe = ["unshare", "-Urm", "mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", "/tmp"]
    return subprocess.run(probe, capture_output=True, check=False).returncode == 0


@dataclass(frozen=True)
class Servers:
    """The servers, and the proxies through which services reach them; everybody else goes straight."""

    stack: Stack
    kafka: TwoDoors
    mongo: SmallMongo
    mail: Mail
    proxies: Mapping[str, Proxy]  # by the name of the server's part: kafka, mongo, mail

    @property
    def proxied(self) -> dict[str, str]:
        """The environment of services."""
        doors = {name: f"{HOST}:{proxy.port}" for name, proxy in self.proxies.items()}
        return {
            "KAFKA_BOOTSTRAP_SERVERS": doors["kafka"],
            # Directly: a member's name would lead past the proxy.
            "MONGODB_URL": f"mongodb://{doors['mongo']}/?directConnection=true",
            "SMTP_URL": f"smtp://{doors['mail']}",
        }

    def part(self, name: str) -> Child:
        """Give a server by its name."""
        return {"kafka": self.kafka, "mongo": self.mongo, "mail": self.mail}[name]


@asynccontextmanager
async def proxied_servers(folder: Path) -> AsyncIterator[Servers]:
    """Start servers and proxies in `folder`, and end them at the end."""
    settings = Settings.read()
    home = Home(folder, settings, print)
    kafka, mongo, mail = TwoDoors(home, partial(install_kafka, settings, print)), SmallMongo(home), Mail(home)
    async with Proxy(kafka.inner) as a, Proxy(mongo.port) as b, Proxy(mail.port) as c:
        kafka.outer = a.port
        with running(Stack({}, mail.folder, kafka, mongo, mail), keep=False) as stack, _ended(mongo):
            yield Servers(stack, kafka, mongo, mail, {"kafka": a, "mongo": b, "mail": c})


@contextmanager
def _ended(mongo: SmallMongo) -> Iterator[None]:
    try:
        yield
    finally:
        mongo.kill()
        if mongo.disk is not None:
            mongo.disk.keeper.kill()
            mongo.disk.keeper.wait()
