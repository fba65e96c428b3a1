"""A number desk that is open: real servers, real services, and clients of its HTTP API."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from services.ops.stack import Stack, local_stack
from services.ops.stack.ports import free_port
from services.ops.topics import create_topics
from tests.integration.bank import PARTITIONS, ROOT, Running

ADD = {"vendor": "v1", "country": "SG", "sku": "sg-local"}


class Counter:
    """The desk, and who stands before it: an operator, and the orgs that have been given tokens."""

    def __init__(self, stack: Stack, folder: Path) -> None:
        self.stack, self.folder, self.port = stack, folder, free_port()
        self.processes: list[Running] = []
        self.clients: list[httpx.Client] = []
        self.secrets: dict[str, str] = {}

    def run(self, *names: str, **settings: str) -> Running:
        """Run services, the gateway among them with its edge."""
        given = {"NUMBERBANK_HTTP_PORT": str(self.port), "NUMBERBANK_HTTP_RATE": "10000", **settings}
        running = Running(names, self.stack.env, self.folder / f"{len(self.processes)}-{names[0]}.log", **given)
        self.processes.append(running)
        return running

    def opened(self, running: Running) -> Running:
        """Wait until all lanes are open."""
        wait_for(lambda: running._get("/readyz")[0] == 200)
        return running

    def cli(self, *arguments: str, expect: int = 0) -> str:
        """Use the command line."""
        env = {**os.environ, "PYTHONPATH": str(ROOT), **self.stack.env}
        command = [sys.executable, "-m", "services.ops", *arguments]
        ran = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)
        assert ran.returncode == expect, ran.stderr
        return ran.stdout

    def operator(self, *scopes: str) -> httpx.Client:
        """Give a client that may do everything."""
        return self.client("operator", scopes or ("read", "manage", "bulk", "admin"))

    def org(self, org: str, *scopes: str, domain: str = "") -> httpx.Client:
        """Give a client of an org."""
        domains = ("--domain", domain or f"{org}.example")
        return self.client(org, scopes or ("read", "manage"), "--org", org, *domains)

    def client(self, name: str, scopes: tuple[str, ...], *more: str) -> httpx.Client:
        name = f"{name}-{'-'.join(scopes)}"
        if name not in self.secrets:
            said = self.cli("token", "create", name, "--scope", ",".join(scopes), *more, "--json")
            self.secrets[name] = json.loads(said)["token"]
        client = httpx.Client(
            base_url=f"http://127.0.0.1:{self.port}/v1", timeout=40,
            headers={"Authorization": f"Bearer {self.secrets[name]}"},
        )  # fmt: skip
        self.clients.append(client)
        return client

    def close(self) -> None:
        for client in self.clients:
            client.close()
        for process in self.processes:
            process.kill()


@contextmanager
def open_counter(folder: Path) -> Iterator[Counter]:
    """Open a desk on servers of its own, with inventory and one gateway."""
    with local_stack(environ=os.environ) as stack:
        asyncio.run(create_topics(stack.env["KAFKA_BOOTSTRAP_SERVERS"], PARTITIONS))
        counter = Counter(stack, folder)
        try:
            running = [counter.run("inventory"), counter.run("gateway")]
            for each in running:
                counter.opened(each)
            yield counter
        finally:
            counter.close()


def wait_for(condition: Any, seconds: float = 60) -> Any:
    """Wait until something holds, and give it."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.02)
    return value


def code(answer: httpx.Response, status: int) -> Any:
    """Give the code of a problem, which has to be a whole one."""
    problem = answer.json()
    assert answer.status_code == status, problem
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["type"] == f"/problems/{problem['code']}"
    assert problem["status"] == status
    assert problem["title"]
    assert problem["detail"]
    return problem["code"]
