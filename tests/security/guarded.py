"""Real servers that let in only whom they know, with the rights that `deploy/RIGHTS.md` lists."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from aiokafka.protocol.admin import CreateAclsRequest
from pymongo import MongoClient

from services.chassis.security.cluster import Cluster
from services.ops.connection import admin
from services.ops.rights.mongo import role
from services.ops.rights.users import Grant, User, users
from services.ops.settings import ClientSettings
from services.ops.stack import Security, Stack, local_stack
from tests.integration.bank import PARTITIONS, ROOT
from tests.security.authority import Authority

KINDS = {"topic": 2, "group": 3}
OPERATIONS = {"Read": 3, "Write": 4, "Create": 5, "Describe": 8, "DescribeConfigs": 10}
SENTINEL = "s3cret/@:?#&%+ of "  # begins every password: nothing that is said may hold it
LITERAL, PREFIXED, ALLOW = 3, 4, 3


@dataclass(frozen=True)
class Guarded:
    """Servers with closed doors, and the keys to them."""

    stack: Stack
    authority: Authority
    security: Security

    def env(self, user: str, source: str = "numberbank") -> dict[str, str]:
        """Give the variables of a user; `source` is the database that knows it."""
        env = self.security.environ(self.stack.env, user)
        return env | {"MONGODB_URL": env["MONGODB_URL"].replace("authSource=admin", f"authSource={source}")}

    def cluster(self, user: str) -> Cluster:
        """Give Kafka as a user finds it."""
        return ClientSettings.load(self.env(user)).kafka

    def run(self, *arguments: str, env: Mapping[str, str]) -> "subprocess.CompletedProcess[str]":
        """Run the command line to its end."""
        kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME")}
        return subprocess.run(
            [sys.executable, "-m", "services.ops", *arguments],
            env={**kept, "PYTHONPATH": str(ROOT), **env}, cwd=ROOT, capture_output=True, text=True, timeout=60,
        )  # fmt: skip


@contextmanager
def guarded(folder: Path) -> Iterator[Guarded]:
    """Start everything, make the users with just their rights, and have the topics made by one of them."""
    authority, everyone = Authority(folder), users()
    passwords = {name: f"{SENTINEL}{name}" for name in ("admin", *(user.name for user in everyone))}
    security = Security(authority.file, authority.certificate("127.0.0.1", name="broker"), passwords)
    with local_stack(environ=os.environ, security=security) as stack:
        found = Guarded(stack, authority, security)
        asyncio.run(_allow(security, stack.env["KAFKA_BOOTSTRAP_SERVERS"], everyone))
        _know(found, everyone)
        made = found.run("topics", "create", "--partitions", str(PARTITIONS), env=found.env("deployer"))
        assert made.returncode == 0, made.stderr
        yield found


async def _allow(security: Security, server: str, everyone: list[User]) -> None:
    async with admin(security.cluster(server)) as client:
        for user in everyone:
            for grant in user.grants:
                await asyncio.gather(*(client._send_request(each) for each in _requests(user.name, grant)))


def _requests(user: str, grant: Grant) -> Iterator[CreateAclsRequest]:
    pattern = PREFIXED if grant.prefixed else LITERAL
    for operation in grant.operations:
        yield CreateAclsRequest(
            KINDS[grant.kind], grant.name, pattern, f"User:{user}", "*", OPERATIONS[operation], ALLOW
        )


def _know(guarded: Guarded, everyone: list[User]) -> None:
    with MongoClient[dict[str, object]](guarded.env("admin", "admin")["MONGODB_URL"]) as client:
        for user in (user for user in everyone if user.privileges):
            made = role(user, "numberbank")
            client.numberbank.command("createRole", made.pop("role"), **made)
            password = guarded.security.passwords[user.name]
            client.numberbank.command("createUser", user.name, pwd=password, roles=[user.name])
