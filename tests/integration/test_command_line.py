"""The command line against real Kafka; the test itself plays the services that answer."""

import asyncio
import base64
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from contracts.topics import EVERY_TOPIC
from services.chassis.partitions import home
from services.chassis.work import derived_id
from services.ops.stack import Stack, local_stack
from services.ops.topics import create_topics, list_topics

PARTITIONS = 4


class Ran(NamedTuple):
    """What a command has left."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[Any]:
        """Standard output of --json."""
        return [json.loads(line) for line in self.out.splitlines()]


class Desk:
    """An operator's shell, and the hands of whoever answers."""

    def __init__(self, bootstrap: str) -> None:
        self.bootstrap = bootstrap

    async def start(self, *arguments: str, **environ: str) -> asyncio.subprocess.Process:
        pipe = asyncio.subprocess.PIPE
        env = {**os.environ, "KAFKA_BOOTSTRAP_SERVERS": self.bootstrap, **environ}
        command = [sys.executable, "-m", "services.ops.cli", *arguments]
        return await asyncio.create_subprocess_exec(*command, stdout=pipe, stderr=pipe, env=env)

    async def runs(self, *arguments: str, **environ: str) -> Ran:
        process = await self.start(*arguments, **environ)
        async with asyncio.timeout(60):
            out, err = await process.communicate()
        assert "Traceback" not in err.decode()
        return Ran(process.returncode or 0, out.decode(), err.decode())

    async def writes(
        self, topic: str, key: str | None, value: Any, headers: Any = (), partition: int | None = None
    ) -> Any:
        raw = value if isinstance(value, bytes) or value is None else json.dumps(value).encode()
        async with AIOKafkaProducer(bootstrap_servers=self.bootstrap) as out:
            bytes_key = None if key is None else key.encode()
            return await out.send_and_wait(topic, raw, key=bytes_key, headers=list(headers))

    @asynccontextmanager
    async def answering(self, topic: str, answer: Any) -> AsyncIterator[list[Any]]:
        """Answer each record of a topic that comes from now on with the (topic, key, value)s that `answer` gives."""
        taken: list[Any] = []
        async with AIOKafkaConsumer(bootstrap_servers=self.bootstrap, fetch_max_wait_ms=50) as ear:
            lots = [TopicPartition(topic, part) for part in range(PARTITIONS)]
            ear.assign(lots)
            await ear.seek_to_end(*lots)
            await asyncio.gather(*[ear.position(lot) for lot in lots])

            async def play() -> None:
                async for record in ear:
                    taken.append(record)
                    for to, key, value, *headers in answer(json.loads(record.value)):
                        await self.writes(to, key, value, *headers)

            playing = asyncio.create_task(play())
            try:
                yield taken
            finally:
                playing.cancel()


@pytest.fixture(scope="module")
def kafka() -> Iterator[Stack]:
    with local_stack(environ=os.environ, mongo=False, mail=False) as stack:
        yield stack


@pytest.fixture
async def desk(kafka: Stack) -> Desk:
    bootstrap = kafka.env["KAFKA_BOOTSTRAP_SERVERS"]
    await create_topics(bootstrap, PARTITIONS)
    return Desk(bootstrap)


def whole(number: str, version: int = 1, state: str = "available", **changed: Any) -> dict[str, Any]:
    return {
        "number": number, "state": state, "previous": None, "version": version, "since": "2026-03-01T00:00:00Z",
        "hold": None, "holder": None, "subscription": None, "remark": None, "reason": None, "vendor": "v1",
        "country": "SG", "sku": "s", "number_type": "voip", "capabilities": ["voice"], "routing": None,
        "golden": False, "ported_in": False, "visible_to": [], "partner": None, **changed,
    }  # fmt: skip


def event(type: str, number: str, data: Any, cause: str = "x", id: str | None = None) -> tuple[str, str, Any]:
    derived = derived_id("/inventory", number, "/ops", cause, type, data.get("version") or 0)
    envelope = {
        "specversion": "1.0", "id": id or derived, "source": "/inventory",
        "type": type, "subject": number, "time": "2026-03-01T00:00:00Z", "causationid": cause, "actor": "ann",
        "data": data,
    }  # fmt: skip
    return "inventory.events", number, envelope


def rejection(command: Any, code: str) -> tuple[str, str, Any]:
    data = {"command": command["type"], "code": code, "message": "Not so.", "state": None, "version": None}
    return event("command.rejected", command["subject"], data, command["id"])


def reserved(command: Any) -> list[Any]:
    hold = {"cause": "manual", "placed": 2, "until": "2026-03-29T00:00:00Z", "free_until": "2026-03-29T00:00:00Z",
            "charged": False, "did_reservation": None, "subscription": None}  # fmt: skip
    data = whole(command["subject"], 2, "reserved", hold=hold, holder={"org": "acme", "kind": "customer"})
    return [event("number.reserved", command["subject"], data, command["id"])]


RESERVE = ("--org", "acme", "--remark", "fair")


async def test_a_verb_sends_a_command_and_prints_its_answer(desk: Desk):
    async with desk.answering("inventory.commands", reserved) as commands:
        ran = await desk.runs("number", "reserve", "+65 3158-0001", *RESERVE, "--json", "--actor", "ann")
    assert (ran.code, ran.err) == (0, "")
    [command] = commands
    sent = json.loads(command.value)
    assert command.key == b"+6531580001"
    assert command.partition == home("+6531580001", PARTITIONS)
    assert dict(command.headers) == {"content-type": b"application/cloudevents+json; charset=utf-8"}
    assert (sent["type"], sent["source"], sent["actor"]) == ("number.reserve", "/ops", "ann")
    assert sent["data"] == {"holder": {"org": "acme"}, "remark": "fair"}
    [answer] = ran.lines
    assert (answer["type"], answer["causationid"]) == ("number.reserved", sent["id"])


async def test_a_change_is_undone_by_its_version(desk: Desk):
    def answer(command: Any) -> list[Any]:
        data = whole(command["subject"], 8, "locked", previous="available", remark="slip")
        return [event("number.restored", command["subject"], data, command["id"])]

    async with desk.answering("inventory.commands", answer) as commands:
        ran = await desk.runs("number", "restore", "+65 3158-0007", "--version", "7", "--remark", "slip")
    [command] = commands
    sent = json.loads(command.value)
    assert (sent["type"], sent["subject"]) == ("number.restore", "+6531580007")
    assert sent["data"] == {"version": 7, "remark": "slip"}
    assert ran.code == 0
    assert "+6531580007   restored   locked" in ran.out
    history = await desk.runs("number", "history", "+6531580007")
    assert "restored" in history.out


async def test_people_get_a_table(desk: Desk):
    async with desk.answering("inventory.commands", reserved):
        ran = await desk.runs("number", "reserve", "+6531580002", *RESERVE)
    assert ran.code == 0
    assert "+6531580002   reserved   reserved   2026-03-29T00:00:00Z   manual" in ran.out


async def test_answers_to_many_numbers_are_printed_in_the_order_of_the_numbers(desk: Desk):
    numbers = [f"+6531581{i:03}" for i in range(40)]

    def answer(command: Any) -> list[Any]:
        return [rejection(command, "unknown_number")] if command["subject"] == numbers[7] else reserved(command)

    async with desk.answering("inventory.commands", answer):
        ran = await desk.runs("number", "reserve", ",".join(numbers[:20]), *numbers[20:], *RESERVE, "--json")
    assert ran.code == 1
    assert [answer["subject"] for answer in ran.lines] == numbers
    assert "unknown_number: Not so." in ran.err


async def test_a_number_that_nobody_answers_for_counts_more_than_one_that_is_rejected(desk: Desk):
    def answer(command: Any) -> list[Any]:
        return [rejection(command, "unknown_number")] if command["subject"] == "+6531582001" else []

    async with desk.answering("inventory.commands", answer):
        ran = await desk.runs(
            "number", "release", "+6531582001,+6531582002", "--remark", "x", "--timeout", "2", "--json"
        )
    assert ran.code == 3
    assert [answer["type"] for answer in ran.lines] == ["command.rejected"]
    assert "+6531582002: no answer to number.release" in ran.err


async def test_a_command_that_is_sent_again_under_its_id_shows_the_first_answer(desk: Desk):
    async with desk.answering("inventory.commands", reserved):
        first = await desk.runs("number", "reserve", "+6531580003", *RESERVE, "--id", "job-3", "--json")
    again = await desk.runs("number", "reserve", "+6531580003", *RESERVE, "--id", "job-3", "--json")
    assert (first.code, again.code) == (0, 0)
    assert first.lines == again.lines


async def test_a_command_that_nobody_can_read_is_told_as_the_dead_letter_that_it_is(desk: Desk):
    def refuse(command: Any) -> list[Any]:
        headers = [("nb-reason", b"data.remark: is too odd."), ("nb-code", b"invalid_field")]
        return [("inventory.commands.inventory.dlq", command["subject"], command, headers)]

    async with desk.answering("inventory.commands", refuse):
        ran = await desk.runs("number", "release", "+6531580004", "--remark", "x")
    assert ran.code == 3
    assert "is a dead letter: data.remark: is too odd." in ran.err


async def test_a_person_extends_by_naming_the_did_reservation_only(desk: Desk):
    def answer(command: Any) -> list[Any]:
        data = {"subscription": "R-1", "request": "reservation.extend",
                "numbers": [{"number": command["subject"], "outcome": "extended"}]}  # fmt: skip
        return [("provisioning.events", "R-1", {"specversion": "1.0", "id": "p", "source": "/provisioning",
                 "type": "provisioning.completed", "subject": "R-1", "correlationid": command["id"],
                 "causationid": "other", "data": data})]  # fmt: skip

    async with desk.answering("provisioning.commands", answer) as commands:
        ran = await desk.runs("number", "extend", "+6531580005", "--did-reservation", "R-1", "--remark", "paid")
    assert ran.code == 0, ran.err
    assert json.loads(commands[0].value)["data"] == {"did_reservation": "R-1", "remark": "paid"}
    assert "extended" in ran.out


async def test_billing_hears_what_became_of_each_number(desk: Desk):
    def answer(fact: Any) -> list[Any]:
        numbers = [{"number": "+6531580006", "outcome": "rejected", "code": "unknown_number", "message": "Who?"}]
        data = {"subscription": fact["subject"], "request": fact["type"], "numbers": numbers}
        return [("provisioning.events", fact["subject"], {"specversion": "1.0", "id": "p", "source": "/provisioning",
                 "type": "provisioning.failed", "subject": fact["subject"], "causationid": fact["id"],
                 "data": data})]  # fmt: skip

    async with desk.answering("billing.events", answer) as facts:
        ran = await desk.runs(
            "billing", "activate", "S-6", "--org", "acme", "--product", "did", "--number", "0065 31580006",
            "--time", "2026-03-01",
        )  # fmt: skip
    assert ran.code == 1
    fact = json.loads(facts[0].value)
    assert (fact["time"], facts[0].key) == ("2026-03-01T00:00:00Z", b"S-6")
    assert fact["data"] == {"account": {"org": "acme"}, "product": "did", "numbers": ["+6531580006"]}
    assert "unknown_number: Who?" in ran.out


async def test_an_account_is_said_when_kafka_has_it(desk: Desk):
    arguments = ("--kind", "partner", "--name", "Beta", "--owner-email", "o@beta.example")
    ran = await desk.runs("billing", "account", "beta", *arguments, "--json")
    assert ran.code == 0
    assert ran.lines[0]["data"] == {
        "org": "beta", "kind": "partner", "name": "Beta", "owner_email": "o@beta.example"
    }  # fmt: skip


async def test_a_number_shows_its_present_state_and_all_its_past(desk: Desk):
    number = "+6531580010"
    for at, changes in enumerate(("added", "locked", "unlocked"), start=1):
        for _ in range(2):  # a service that has failed may say the same twice
            await desk.writes(*event(f"number.{changes}", number, whole(number, at, remark=changes), id=f"h-{at}"))
    await desk.writes(*rejection({"type": "number.release", "subject": number, "id": "x"}, "invalid_transition"))
    shown = await desk.runs("number", "show", number, "--json")
    assert (shown.code, shown.lines) == (0, [whole(number, 3, remark="unlocked")])
    past = await desk.runs("number", "history", "0065 3158 0010", "--json")
    assert [envelope["type"] for envelope in past.lines] == [
        "number.added", "number.locked", "number.unlocked", "command.rejected",
    ]  # fmt: skip
    told = await desk.runs("number", "history", number)
    assert "REJECTED number.release" in told.out
    assert "ann" in told.out


async def test_an_unknown_number_is_said_to_be_unknown(desk: Desk):
    for verb in ("show", "history"):
        ran = await desk.runs("number", verb, "+6531580099")
        assert ran.code == 1
        assert "+6531580099" in ran.err


async def test_a_number_that_is_somebody_elses_by_now_is_recovered_by_force_only(desk: Desk):
    number = "+6531580011"
    await desk.writes(*event("number.deleted", number, whole(number, 4, "deleted", reason="ported_out")))

    def recovered(command: Any) -> list[Any]:
        return [event("number.recovered", number, whole(number, 5), command["id"])]

    refused = await desk.runs("number", "recover", number, "--remark", "back")
    assert refused.code == 2
    assert "--force" in refused.err
    async with desk.answering("inventory.commands", recovered):
        assert (await desk.runs("number", "recover", number, "--remark", "back", "--force")).code == 0


async def test_tail_tells_what_comes_and_ends_with_ctrl_c(desk: Desk):
    await desk.writes("lifecycle.events", "+6531580012", b"\xff\x00")
    await desk.writes("lifecycle.events", "+6531580013", b"not this one")
    process = await desk.start("tail", "lifecycle.events", "--number", "+6531580012", "--since", "2020-01-01", "--json")
    assert process.stdout is not None
    async with asyncio.timeout(20):
        first = json.loads(await process.stdout.readline())
        await desk.writes(
            "lifecycle.events", "+6531580012", {"type": "hold.expired", "subject": "+6531580012", "data": {}}
        )
        second = json.loads(await process.stdout.readline())
        process.send_signal(signal.SIGINT)
        _, err = await process.communicate()
    assert (first["value_base64"], first["error"]) == ("/wA=", "not a CloudEvent")
    assert (second["type"], second["topic"]) == ("hold.expired", "lifecycle.events")
    assert {"partition", "offset"} <= second.keys()
    assert process.returncode == 130
    assert b"Traceback" not in err


async def test_a_dead_letter_is_listed_put_back_and_closed(desk: Desk):
    headers = [("ce_x", b"1"), ("odd", None)]
    facts = {"reason": "data.remark: is missing.", "code": "missing_field", "service": "provisioning",
             "topic": "billing.events", "partition": "1", "offset": "17", "time": "2026-03-01T00:00:00Z"}  # fmt: skip
    letter = [*headers, *((f"nb-{name}", value.encode()) for name, value in facts.items())]
    dlq = "billing.events.provisioning.dlq"
    for _ in range(2):
        kept = await desk.writes(dlq, "S-9", b"{", letter)
    listed = await desk.runs("dlq", "list", "--service", "provisioning", "--json")
    [only] = listed.lines
    wanted = {"topic": "billing.events", "partition": 1, "offset": 17, "service": "provisioning", "key": "S-9",
              "code": "missing_field", "reason": "data.remark: is missing.", "status": "open"}  # fmt: skip
    assert wanted.items() <= only.items()
    assert base64.b64decode(only["value_base64"]) == b"{"
    assert "data.remark: is missing." in (await desk.runs("dlq", "show", "billing.events/1/17")).out
    async with AIOKafkaConsumer("billing.events", bootstrap_servers=desk.bootstrap, auto_offset_reset="latest") as ear:
        await asyncio.gather(*[ear.position(lot) for lot in ear.assignment()])
        ran = await desk.runs("dlq", "replay", f"{dlq}/{kept.partition}/{kept.offset - 1}")
        async with asyncio.timeout(10):
            back = await ear.getone()
    assert ran.code == 0, ran.err
    assert (back.key, back.value, back.headers) == (b"S-9", b"{", tuple(headers))
    [only] = (await desk.runs("dlq", "list", "--service", "provisioning", "--json")).lines
    assert only["status"] == "replayed"
    twice = await desk.runs("dlq", "discard", "billing.events/1/17")
    assert twice.code == 2
    assert "closed already" in twice.err


async def test_a_dead_letter_of_which_only_a_part_is_kept_is_not_put_back_as_it_is(desk: Desk):
    letter = [("nb-topic", b"billing.accounts"), ("nb-partition", b"0"), ("nb-offset", b"3"), ("nb-size", b"999999")]
    await desk.writes("billing.accounts.notification.dlq", "acme", b"[1,", letter)
    cut = await desk.runs("dlq", "replay", "billing.accounts", "0", "3")
    assert cut.code == 2
    assert "dlq edit --value FILE" in cut.err
    ran = await desk.runs("dlq", "discard", "--all", "--topic", "billing.accounts", "--json")
    assert [line["status"] for line in ran.lines] == ["discarded"]


async def test_topics_are_created_once_and_never_changed(desk: Desk):
    ran = await desk.runs("topics", "create", "--json", NUMBERBANK_PARTITIONS="4")
    assert {line["topic"]: line["outcome"] for line in ran.lines} == {topic.name: "exists" for topic in EVERY_TOPIC}
    other = await desk.runs("topics", "create", "--partitions", "6")
    assert other.code == 0
    assert "inventory.events: It has 4 partitions, not 6" in other.err
    assert {standing.partitions for standing in await list_topics(desk.bootstrap)} == {PARTITIONS}


async def test_a_topic_that_is_being_deleted_is_made_anew(desk: Desk):
    admin = AIOKafkaAdminClient(bootstrap_servers=desk.bootstrap)
    await admin.start()
    await admin.delete_topics(["notification.events"])
    await admin.close()
    made = {each.name: each.outcome for each in await create_topics(desk.bootstrap, PARTITIONS)}
    assert made["notification.events"] in ("created", "exists")
    standing = {each.name: each for each in await list_topics(desk.bootstrap)}
    assert standing["notification.events"].partitions == PARTITIONS


async def test_a_reader_that_goes_leaves_no_complaint(desk: Desk):
    process = await desk.start("topics", "describe", "--json")
    assert process.stdout is not None
    process.stdout._transport.close()  # type: ignore[attr-defined]
    async with asyncio.timeout(30):
        assert process.stderr is not None
        err = await process.stderr.read()
        await process.wait()
    assert err == b""
    assert process.returncode == 130


async def test_the_stack_says_its_variables_when_its_topics_are_there_and_ends_with_sigterm():
    desk = Desk("")
    process = await desk.start("stack", "--json", NUMBERBANK_PARTITIONS="2")
    assert process.stdout is not None
    async with asyncio.timeout(90):
        said = [json.loads(await process.stdout.readline()) for _ in range(3)]
        variables = {each["name"]: each["value"] for each in said}
        standings = await list_topics(variables["KAFKA_BOOTSTRAP_SERVERS"])
        process.terminate()
        _, err = await process.communicate()
    assert variables.keys() == {"KAFKA_BOOTSTRAP_SERVERS", "MONGODB_URL", "SMTP_URL"}
    assert {(standing.outcome, standing.partitions) for standing in standings} == {("exists", 2)}
    assert process.returncode == 0
    assert b"Traceback" not in err
