"""Kafka and MongoDB in containers, through Testcontainers; and whether there is a Docker to run them."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from testcontainers.core.container import DockerContainer

from services.ops.stack.container import Contained
from services.ops.stack.kafka import BROKER, NODE
from services.ops.stack.mongo import REPLICA_SET, is_primary, mongo_url, server_parameters
from services.ops.stack.ports import HOST, free_port
from services.ops.stack.wire import is_usable

KAFKA_IMAGE = "apache/kafka:4.1.0"
MONGO_IMAGE = "mongo:7.0.14"
CONTROLLER = "localhost:9093"  # inside the container only
KAFKA_DATA = "/var/lib/kafka/data"
MONGO_DATA = "/data/db"


@dataclass(frozen=True)
class Docker:
    """A Docker daemon that answers."""

    environ: Mapping[str, str]  # where DOCKER_HOST is looked up
    data: Path | None  # the folder under whose name data are kept, in volumes of Docker

    def kafka(self, port: int | None) -> Contained:
        """Return a Kafka node, not yet started, advertised on a fixed port of this machine."""
        port = port or free_port()
        container = self._container(KAFKA_IMAGE, port, KAFKA_DATA)
        host = _host(container)
        for name, value in broker_environ(host, port).items():
            container.with_env(name, value)
        return Contained("Kafka", f"{host}:{port}", container, lambda: is_usable(port, host))

    def mongo(self, port: int | None) -> Contained:
        """Return a replica set of one, not yet started, on the same port inside and outside."""
        port = port or free_port()
        container = self._container(MONGO_IMAGE, port, MONGO_DATA)
        address = f"{_host(container)}:{port}"
        parameters = [word for pair in server_parameters() for word in ("--setParameter", pair)]
        members = ["--replSet", REPLICA_SET, "--bind_ip_all", "--port", str(port)]
        container.with_command(["mongod", *members, *parameters])
        return Contained("MongoDB", mongo_url(address), container, lambda: is_primary(address))

    def _container(self, image: str, port: int, folder: str) -> DockerContainer:
        container = DockerContainer(image, docker_client_kw={"environment": dict(self.environ)})
        container.with_bind_ports(port, port)
        if self.data is not None:
            container.with_volume_mapping(volume(self.data, folder), folder, "rw")
        return container


def broker_environ(host: str, port: int) -> dict[str, str]:
    """Return the settings of a broker that clients reach at `host:port`, as the image takes them."""
    addresses = {
        "listeners": f"PLAINTEXT://0.0.0.0:{port},CONTROLLER://{CONTROLLER}",
        "advertised.listeners": f"PLAINTEXT://{host}:{port}",
        "controller.quorum.voters": f"{NODE}@{CONTROLLER}",
        "log.dirs": KAFKA_DATA,
    }
    settings = {f"KAFKA_{name.replace('.', '_').upper()}": str(value) for name, value in (BROKER | addresses).items()}
    return settings | {"KAFKA_HEAP_OPTS": "-Xmx512m"}


def volume(data: Path, folder: str) -> str:
    """Return the name of the Docker volume that keeps `folder` of the stack named by `data`."""
    stack = hashlib.sha256(str(data.resolve()).encode()).hexdigest()[:12]
    return f"numberbank-{stack}{folder.replace('/', '-')}"


def _host(container: DockerContainer) -> str:
    host = container.get_docker_client().host()
    return HOST if host == "localhost" else host
