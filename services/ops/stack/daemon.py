"""Whether there is a Docker that can be used."""

import importlib.util
import socket
from collections.abc import Mapping

DEFAULT_HOST = "unix:///var/run/docker.sock"
PING_SECONDS = 2  # a socket that accepts and says nothing counts as no Docker


def docker_answers(environ: Mapping[str, str]) -> bool:
    """Tell whether Testcontainers is installed and a Docker daemon answers; a client alone is not enough."""
    if importlib.util.find_spec("testcontainers") is None or importlib.util.find_spec("docker") is None:
        return False
    host = environ.get("DOCKER_HOST") or DEFAULT_HOST
    if host.startswith("unix://") and not _listens(host.removeprefix("unix://")):
        return False  # Docker's own client would leak a socket to find this out
    return _pings(environ)


def _listens(path: str) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(PING_SECONDS)
        try:
            probe.connect(path)
        except OSError:
            return False
    return True


def _pings(environ: Mapping[str, str]) -> bool:
    import docker
    from docker.constants import DEFAULT_DOCKER_API_VERSION
    from docker.errors import APIError, DockerException
    from requests import RequestException

    # With a version named it does not ask for one in its constructor, out of which a failure leaks its socket.
    client = docker.from_env(version=DEFAULT_DOCKER_API_VERSION, timeout=PING_SECONDS, environment=dict(environ))
    try:
        return bool(client.ping())
    except APIError:  # an answer, if only that the version is not the daemon's
        return True
    except (DockerException, RequestException):
        return False
    finally:
        client.close()
