"""All services at work with the least that they must be allowed, and refused what is not theirs."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from aiokafka import TopicPartition
from aiokafka.errors import GroupAuthorizationFailedError, TopicAuthorizationFailedError
from pymongo import AsyncMongoClient, MongoClient
from pymongo.errors import OperationFailure

from contracts.topics import EVERY_TOPIC, SERVICES
from services.chassis.errors import Unusable
from services.chassis.kafka.attempts import Attempts
from services.chassis.kafka.publisher import Publisher
from services.chassis.records import Outgoing
from services.ops.connection import admin, consumer, producer
from services.ops.rights.kafka import acls
from services.ops.rights.page import FILE, page
from services.ops.rights.users import User, users
from services.ops.stack.errors import StackError
from services.ops.stack.ports import free_port
from tests.integration.bank import Running
from tests.road.worlds import until
from tests.security.guarded import SENTINEL, Guarded

USERS = {user.name: user for user in users()}
DEBUG = {"NUMBERBANK_LOG_LEVEL": "DEBUG"}
NUMBER = "+6531580001"
HTTP = free_port()


def test_what_is_written_down_is_what_is_derived() -> None:
    assert FILE.read_text() == page()


@pytest.mark.parametrize("user", USERS.values(), ids=lambda user: user.name)
def test_the_commands_grant_what_is_listed_and_nothing_else(user: User) -> None:
    granted = set()
    for words in acls(user):
        pairs = list(zip(words[1::2], words[2::2], strict=True))
        said: Callable[[str], list[str]] = lambda flag, pairs=pairs: [value for name, value in pairs if name == flag]  # noqa: E731
        assert said("--allow-principal") == [f"User:{user.name}"]
        for kind in ("topic", "group"):
            granted |= {
                (kind, name, operation, said("--resource-pattern-type") == ["prefixed"])
                for name in said(f"--{kind}")
                for operation in said("--operation")
            }
    assert granted == {
        (grant.kind, grant.name, operation, grant.prefixed) for grant in user.grants for operation in grant.operations
    }


@pytest.fixture
def clock() -> dict[str, str]:
    """Give a clock of which ten days pass in a second."""
    return {"NUMBERBANK_CLOCK": "2026-01-01T00:00:00Z@864000", "NUMBERBANK_CLOCK_SINCE": str(time.time())}


@pytest.fixture
async def bank(servers: Guarded, clock: dict[str, str], tmp_path: Path) -> AsyncIterator[dict[str, Running]]:
    """Give all four services, each as a process of its own user."""
    support = {"NUMBERBANK_SUPPORT_EMAIL": "help@bank.example", "NUMBERBANK_MAIL_FROM": "bank@bank.example"}
    support["NUMBERBANK_HTTP_PORT"] = str(HTTP)
    running = {
        name: Running([name], {**servers.env(name), **clock, **support, **DEBUG}, tmp_path / f"{name}.log")
        for name in SERVICES
    }
    try:
        for each in running.values():
            await each.until_ready()
        yield running
    finally:
        for each in running.values():
            each.kill()


async def test_with_just_its_rights_every_service_does_its_work(
    servers: Guarded, clock: dict[str, str], bank: dict[str, Running], tmp_path: Path
) -> None:
    operator = servers.env("operator") | clock

    async def says(*arguments: str) -> None:
        ran = await asyncio.to_thread(servers.run, *arguments, env=operator)
        assert ran.returncode == 0, ran.stderr

    await says(
        "billing", "account", "acme", "--kind", "customer", "--name", "Acme", "--billing-email", "acme@org.example"
    )
    await says("number", "add", NUMBER, "--vendor", "v1", "--country", "SG", "--sku", "sg-local")
    await says("number", "reserve", NUMBER, "--org", "acme", "--remark", "for the fair")

    async def told() -> bool:
        if servers.stack.mail is None:
            raise StackError("no mail server")
        return any("acme@org.example" in str(mail["To"]) for mail in servers.stack.mail.messages())

    await until(told, 30)
    await until(lambda: asyncio.to_thread(_rests, servers), 30)
    await says("billing", "activate", "S-1", "--org", "acme", "--product", "did", "--number", NUMBER)
    await says("billing", "expire", "S-1")
    made = await asyncio.to_thread(servers.run, "token", "create", "desk", "--scope", "read,manage", env=operator)
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {made.stdout.strip()}"}) as desk:
        headers = {"Idempotency-Key": "k"}
        sent = await desk.patch(f"http://127.0.0.1:{HTTP}/v1/numbers/{NUMBER}", json={"golden": True}, headers=headers)
        assert (sent.status_code, sent.json()["golden"]) == (200, True)
    table = tmp_path / "numbers.csv"
    table.write_text(f"number,routing\n{NUMBER},r1\n")
    await says("import", str(table), "--verb", "update")
    rebuilt = await asyncio.to_thread(servers.run, "gateway", "rebuild", env=servers.env("gateway"))
    assert rebuilt.returncode == 0, rebuilt.stderr
    found = await asyncio.to_thread(servers.run, "find", "3158", "--facets", "--json", env=servers.env("auditor"))
    assert NUMBER in found.stdout, found.stderr
    audited = await asyncio.to_thread(servers.run, "audit", env=servers.env("auditor"))
    assert audited.returncode == 0, audited.stdout + audited.stderr
    left = await asyncio.to_thread(servers.run, "lag", env=servers.env("auditor"))
    assert left.returncode == 0, left.stderr
    for each in bank.values():
        assert each.process.poll() is None
        said = each.log.read_text() + (await each.get("/metrics/"))[1] + (await each.get("/readyz"))[1]
        assert SENTINEL not in said
        assert quote(SENTINEL, safe="") not in said


def _rests(servers: Guarded) -> bool:
    with MongoClient[dict[str, Any]](servers.env("auditor")["MONGODB_URL"]) as client:
        found = client.numberbank["inventory.numbers"].find_one({"_id": NUMBER}) or {}
        return found.get("state") == "available"


def _may(user: User, operation: str) -> set[str]:
    return {grant.name for grant in user.grants if operation in grant.operations}


async def test_whoever_looks_only_cannot_even_begin_to_write(servers: Guarded) -> None:
    with pytest.raises(Unusable, match="ClusterAuthorizationFailed"):
        async with producer(servers.cluster("auditor")):
            pass


@pytest.mark.parametrize("name", SERVICES)
async def test_nobody_writes_a_topic_that_is_not_theirs(servers: Guarded, name: str) -> None:
    allowed = _may(USERS[name], "Write")
    async with producer(servers.cluster(name)) as out:
        for topic in (topic.name for topic in EVERY_TOPIC if topic.name not in allowed):
            with pytest.raises(TopicAuthorizationFailedError):
                await out.send_and_wait(topic, b"not mine")


async def test_a_service_that_may_write_no_longer_ends_with_the_reason(servers: Guarded) -> None:
    cluster = servers.cluster("notification")
    publisher = Publisher("notification", cluster, Attempts(cluster))
    await publisher.start()
    try:
        with pytest.raises(Unusable, match=r"denies a right to user 'notification'.*numberbank rights"):
            await publisher.publish([Outgoing("inventory.events", 0, b"k", b"v")], "a lane", 1)
    finally:
        await publisher.stop()


@pytest.mark.parametrize("name", SERVICES)
async def test_nobody_reads_a_topic_that_is_not_theirs(servers: Guarded, name: str) -> None:
    foreign = {topic.name for topic in EVERY_TOPIC} - _may(USERS[name], "Read")
    written = foreign & _may(USERS[name], "Write")
    async with admin(servers.cluster(name)) as client:
        hidden = await client.describe_topics(list(foreign - written))
        assert {topic["error_code"] for topic in hidden} == {TopicAuthorizationFailedError.errno}
        for other in set(SERVICES) - {name}:
            with pytest.raises(GroupAuthorizationFailedError):
                await client.list_consumer_group_offsets(other)
    for topic in written:
        async with consumer(servers.cluster(name)) as client:
            client.assign([TopicPartition(topic, 0)])
            with pytest.raises(TopicAuthorizationFailedError):
                await client.getone()


@pytest.mark.parametrize("name", SERVICES)
async def test_nobody_sees_a_collection_that_is_not_theirs(servers: Guarded, name: str) -> None:
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(servers.env(name)["MONGODB_URL"])
    foreign = [each.collection for user in SERVICES if user != name for each in USERS[user].privileges]
    try:
        for collection in client.numberbank, client.admin, client.config:
            with pytest.raises(OperationFailure, match="not authorized"):
                await collection["anything"].find_one()
        for collection in foreign:
            with pytest.raises(OperationFailure, match="not authorized"):
                await client.numberbank[collection].find_one()
            with pytest.raises(OperationFailure, match="not authorized"):
                await client.numberbank[collection].insert_one({})
    finally:
        await client.close()
