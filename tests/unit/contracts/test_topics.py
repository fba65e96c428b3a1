"""The system on one screen: does it fit together."""

from importlib import import_module
from typing import Any, get_type_hints

import pytest

from contracts.generate import messages
from contracts.message import CONTENT_TYPE, Topic
from contracts.topics import DEAD_LETTERS, EVERY_TOPIC, SERVICES, TOPICS, dead_letters
from services.chassis.service import Service

SETTINGS = {
    "KAFKA_BOOTSTRAP_SERVERS": "kafka:9092", "MONGODB_URL": "mongodb://mongo", "SMTP_URL": "smtp://mail:25",
    "NUMBERBANK_SUPPORT_EMAIL": "support@bank.example", "NUMBERBANK_MAIL_FROM": "bank@bank.example",
}  # fmt: skip


def service(name: str) -> Service:
    build: Any = import_module(f"services.{name.replace('-', '_')}.app").service
    built: Service = build(get_type_hints(build)["settings"].load(SETTINGS))
    return built


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_reads_and_writes_what_the_topics_say(name: str) -> None:
    running = service(name)
    reads = {input.topic.name for input in running.inputs}
    writes = {topic.name for topic in running.writes}
    assert running.name == name
    assert reads == {topic.name for topic in TOPICS if name in topic.read_by}
    assert {topic.name for topic in TOPICS if name in topic.written_by} <= writes
    # Forwarding apart, an events topic has no other writer, and facts are stated by others only.
    assert writes - reads <= {topic.name for topic in TOPICS if topic.kind == "commands" or name in topic.written_by}


def test_every_input_of_a_service_has_its_dead_letters() -> None:
    assert {topic.name for topic in DEAD_LETTERS} == {
        "billing.events.provisioning.dlq",
        "billing.accounts.notification.dlq",
        "inventory.commands.inventory.dlq",
        "inventory.events.lifecycle-timer.dlq",
        "inventory.events.provisioning.dlq",
        "inventory.events.gateway.dlq",
        "lifecycle.events.notification.dlq",
        "lifecycle.events.lifecycle-timer.dlq",
        "provisioning.commands.provisioning.dlq",
    }
    for name in SERVICES:
        for source in service(name).inputs:
            assert dead_letters(source.topic, name).name in {topic.name for topic in DEAD_LETTERS}


@pytest.mark.parametrize(
    ("name", "days", "compacted"),
    [
        ("billing.events", 30, False),
        ("billing.accounts", None, True),
        ("inventory.commands", 30, False),
        ("inventory.events", None, False),
        ("lifecycle.events", 30, False),
        ("provisioning.commands", 7, False),
        ("provisioning.events", None, False),
        ("notification.events", 90, False),
        ("inventory.commands.inventory.dlq", 90, False),
    ],
)
def test_a_topic_is_kept_as_long_as_promised(name: str, days: int | None, compacted: bool) -> None:
    (topic,) = (topic for topic in EVERY_TOPIC if topic.name == name)
    assert (topic.keep.days if topic.keep else None, topic.compacted) == (days, compacted)


def test_names_of_topics_are_unique_and_legal() -> None:
    names = [topic.name for topic in EVERY_TOPIC]
    assert len(set(names)) == len(names)
    assert all(len(name) <= 249 and set(name) <= set("abcdefghijklmnopqrstuvwxyz.-") for name in names)


def test_a_type_belongs_to_one_topic_only() -> None:
    types = [type for type, _, _ in messages()]
    assert len(set(types)) == len(types)


@pytest.mark.parametrize(("kind", "strict", "homed"), [("events", False, False), ("commands", True, True)])
def test_commands_are_strict_and_homed_and_events_neither(kind: str, strict: bool, homed: bool) -> None:
    for topic in TOPICS:
        if topic.kind == kind:
            assert (topic.strict, topic.homed) == (strict, homed)


def test_accounts_are_strict_but_not_forwarded() -> None:
    billing = {topic.name: (topic.strict, topic.homed) for topic in TOPICS if topic.kind == "facts"}
    assert billing == {"billing.events": (True, True), "billing.accounts": (True, False)}


def test_an_events_topic_has_one_writer_and_a_commands_topic_one_reader() -> None:
    def alone(topic: Topic) -> bool:
        return len(topic.written_by if topic.kind == "events" else topic.read_by) == 1

    assert all(alone(topic) for topic in EVERY_TOPIC if topic.kind in ("events", "commands"))


def test_records_say_that_they_are_cloudevents() -> None:
    assert CONTENT_TYPE == "application/cloudevents+json; charset=utf-8"
