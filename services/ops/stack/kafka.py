"""Kafka: a real broker, its own controller (KRaft), on one node."""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.ops.stack.child import Child, Home
from services.ops.stack.ports import HOST, free_port
from services.ops.stack.wire import is_usable

NODE = 1
CLUSTER = "bnVtYmVyYmFuay1zdGFjaw"  # 16 bytes in base64, as Kafka wants a cluster id: `numberbank-stack`
MAX_MESSAGE = 4 * 1024 * 1024

# What every broker of the stack is told, in a process or in a container.
BROKER = {
    "process.roles": "broker,controller",
    "node.id": NODE,
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "auto.create.topics.enable": "false",
    "log.message.timestamp.type": "LogAppendTime",
    "message.max.bytes": MAX_MESSAGE,
    "replica.fetch.max.bytes": MAX_MESSAGE,
    "group.initial.rebalance.delay.ms": 0,
    "group.min.session.timeout.ms": 1000,
    "offsets.topic.num.partitions": 4,
    "offsets.topic.replication.factor": 1,
    "transaction.state.log.num.partitions": 4,
    "transaction.state.log.replication.factor": 1,
    "transaction.state.log.min.isr": 1,
    "share.coordinator.state.topic.num.partitions": 1,
    "share.coordinator.state.topic.replication.factor": 1,
    "share.coordinator.state.topic.min.isr": 1,
    "broker.session.timeout.ms": 3000,  # a killed broker is not let in again before this; 9000 by default
    "broker.heartbeat.interval.ms": 500,
    "log.cleaner.dedupe.buffer.size": 16 * 1024 * 1024,  # 128 MB by default, a quarter of the heap
}


@dataclass(frozen=True)
class Installation:
    """A Kafka that is ready to run on this machine."""

    java: list[str]  # the command line up to the main class
    formatted: Path  # what `kafka.tools.StorageTool format` makes of an empty folder


class Kafka(Child):
    """One Kafka node with its data in its folder."""

    name = "Kafka"
    directory = "kafka"

    def __init__(self, home: Home, installation: Callable[[], Installation], port: int | None = None) -> None:
        super().__init__(home, port)
        self._installation = installation  # asked at each start: the first one may download
        self.controller_port = free_port()

    @property
    def url(self) -> str:
        """Return the bootstrap server."""
        return f"{HOST}:{self.port}"

    def command(self) -> list[str]:
        """Return the command line; the first time on this machine this downloads Kafka."""
        installed = self._installation()
        if not (self.folder / "meta.properties").exists():
            self.format(installed)
        properties = write_properties(self.folder, self.port, self.controller_port, self.settings())
        return [*installed.java, "kafka.Kafka", str(properties)]

    def format(self, installed: Installation) -> None:
        """Make the folder ready for a first start."""
        shutil.copytree(installed.formatted, self.folder, dirs_exist_ok=True)

    def settings(self) -> Mapping[str, Any]:
        """Return what differs from what every broker of the stack is told."""
        return {}

    def ready(self) -> bool:
        """Tell whether clients can produce, consume and join groups."""
        return is_usable(self.port)


def write_properties(folder: Path, port: int, controller_port: int, more: Mapping[str, Any] | None = None) -> Path:
    """Write the server's settings, `more` of them over ours, beside its data folder and return the file."""
    addresses = {
        "listeners": f"PLAINTEXT://{HOST}:{port},CONTROLLER://{HOST}:{controller_port}",
        "advertised.listeners": f"PLAINTEXT://{HOST}:{port}",
        "controller.quorum.voters": f"{NODE}@{HOST}:{controller_port}",
        "log.dirs": folder,
    }
    properties = folder.with_suffix(".properties")
    properties.write_text(
        "".join(f"{name}={value}\n" for name, value in {**BROKER, **addresses, **(more or {})}.items())
    )
    return properties
