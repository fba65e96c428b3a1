"""What a service says when it cannot start, and what its health port says when it has."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pymongo import MongoClient
from pymongo.errors import ConnectionFailure

from services.ops.stack import Stack
from services.ops.stack.mongod import find_mongod
from services.ops.stack.ports import free_port
from services.ops.stack.settings import Settings
from services.ops.topics import create_topics
from tests.integration.bank import PARTITIONS, ROOT, Bank, envelope
from tests.road.worlds import until

NOWHERE = "127.0.0.1:9"
GOOD = {"KAFKA_BOOTSTRAP_SERVERS": NOWHERE, "MONGODB_URL": "mongodb://127.0.0.1:9", "SMTP_URL": "smtp://127.0.0.1:25"}
WRONG = [
    ("inventory", {"KAFKA_BOOTSTRAP_SERVERS": ""}, 2, "KAFKA_BOOTSTRAP_SERVERS is not set"),
    ("inventory", {"MONGODB_URL": ""}, 2, "MONGODB_URL is not set"),
    ("inventory", {"MONGODB_URL": "postgres://db"}, 2, "MONGODB_URL"),
    ("inventory", {"NUMBERBANK_CLOCK": "yesterday"}, 2, "NUMBERBANK_CLOCK must be START@RATE"),
    ("inventory", {"NUMBERBANK_CLOCK": "2026-01-01T00:00:00Z@10"}, 2, "NUMBERBANK_CLOCK_SINCE"),
    (
        "inventory",
        {"NUMBERBANK_POLICY": "/nowhere/policy.toml"},
        2,
        "NUMBERBANK_POLICY names a file that cannot be read",
    ),
    ("inventory", {"NUMBERBANK_STOP_AT": "noon"}, 2, "NUMBERBANK_STOP_AT must be one of"),
    ("inventory", {"NUMBERBANK_SESSION_TIMEOUT": "soon"}, 2, "NUMBERBANK_SESSION_TIMEOUT"),
    ("notification", {"SMTP_URL": "http://mail"}, 2, "SMTP_URL"),
    ("inventory", {}, 4, f"KAFKA_BOOTSTRAP_SERVERS: no Kafka answers at {NOWHERE}"),
]


def run(name: str, env: dict[str, str]) -> tuple[int, str]:
    """Start a service that cannot start; give its exit code and its last words."""
    kept = {key: value for key, value in os.environ.items() if key in ("PATH", "HOME")}
    ended = subprocess.run(
        [sys.executable, "-m", "services.ops", "run", name],
        env={**kept, "PYTHONPATH": str(ROOT), **env}, cwd=ROOT, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    return ended.returncode, ended.stderr


@pytest.mark.parametrize(("service", "setting", "code", "sentence"), WRONG)
def test_a_wrong_setting_ends_the_start_with_one_sentence_that_names_it(
    service: str, setting: dict[str, str], code: int, sentence: str
) -> None:
    ended, said = run(service, {**GOOD, **setting})
    assert sentence in said
    assert ended == code
    assert "Traceback" not in said
    assert len(said.strip().splitlines()) == 1


def test_topics_that_are_missing_are_said_with_the_command_that_makes_them(own_stack: Stack) -> None:
    code, said = run("inventory", own_stack.env)
    assert (code, "run `numberbank topics create`" in said) == (4, True)


async def test_a_database_that_is_away_is_said(own_stack: Stack) -> None:
    await create_topics(own_stack.env["KAFKA_BOOTSTRAP_SERVERS"], PARTITIONS)
    code, said = run("inventory", {**own_stack.env, "MONGODB_URL": "mongodb://127.0.0.1:9"})
    assert (code, "MONGODB_URL: no MongoDB that can be used answers" in said) == (4, True)


@pytest.fixture
def lonely_mongod(tmp_path: Path) -> Iterator[str]:
    """Give the address of a server that is no replica set."""
    port = free_port()
    command = [
        str(find_mongod(Settings.read())),
        "--port",
        str(port),
        "--dbpath",
        str(tmp_path),
        "--bind_ip",
        "127.0.0.1",
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    client: MongoClient[dict[str, object]] = MongoClient(f"mongodb://127.0.0.1:{port}/?directConnection=true")
    try:
        client.admin.command("ping")
    except ConnectionFailure as failure:
        raise AssertionError("mongod did not start") from failure
    finally:
        client.close()
    yield f"mongodb://127.0.0.1:{port}/"
    process.kill()
    process.wait()


async def test_a_database_without_replica_set_is_said(own_stack: Stack, lonely_mongod: str) -> None:
    await create_topics(own_stack.env["KAFKA_BOOTSTRAP_SERVERS"], PARTITIONS)
    code, said = run("inventory", {**own_stack.env, "MONGODB_URL": lonely_mongod})
    assert (code, "no replica set" in said) == (4, True)


async def test_the_health_port_tells_alive_ready_degraded_and_figures(bank: Bank) -> None:
    running = await bank.run("inventory").until_ready()
    assert (await running.get("/livez"))[0] == 200
    assert '"ready"' in (await running.get("/readyz"))[1]
    await bank.write("inventory.commands", "+6531580001", b"garbage")
    await bank.write("inventory.commands", "+6531580001", envelope("number.release", "+6531580001", {"remark": "x"}))

    async def degraded() -> bool:
        return '"degraded"' in (await running.get("/readyz"))[1]

    await until(degraded)
    _, figures = await running.get("/metrics")
    assert (
        'numberbank_dead_letters_total{code="not_json",service="inventory",topic="inventory.commands"} 1.0' in figures
    )
    assert await running.stop() == 0
