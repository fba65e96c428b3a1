"""The same ten thousand records against real Kafka and MongoDB, read by the four services as a real process."""

import asyncio
import json
import os
import sys
import uuid
from collections import defaultdict
from typing import Any, NamedTuple

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from contracts.topics import EVERY_TOPIC, SERVICES
from services.chassis.partitions import home
from tests.hostile.good import good_messages
from tests.hostile.judging import judge
from tests.hostile.record import INPUTS, Hostile
from tests.hostile.writing import mixed
from tests.integration.bank import PARTITIONS, Bank, envelope
from tests.road.worlds import until


@pytest.mark.timeout(400)
async def test_hostile_records_cost_themselves_and_nobody_else(hostile: list[Hostile], bank: Bank) -> None:
    good = good_messages(subjects=10, rounds=20)
    running = await bank.run(*SERVICES, NUMBERBANK_DIGEST_PERIOD="1s").until_ready()
    await write(bank, mixed(hostile, good))
    await until(lambda: all_read(bank), 300)
    assert await running.ready()
    records = await everything(bank)
    assert await running.stop() == 0
    judge(lambda topic: records[topic], PARTITIONS, good)


async def test_a_dead_letter_that_is_mended_by_two_and_sent_once_more_is_answered_once(bank: Bank) -> None:
    running = await bank.run("inventory").until_ready()
    number, id = "+4960000001", uuid.uuid4().hex
    name = await spoiled(bank, "number.add", number, {"vendor": "", "country": "DE", "sku": "s"}, id)
    wrong = await dlq(bank, "edit", name, "--set", "data.sku=")
    assert (wrong.code, "data.vendor" in wrong.err or "data.sku" in wrong.err) == (2, True), wrong.err
    assert (await status(bank, name)) == "open"
    both = await asyncio.gather(*(dlq(bank, "edit", name, "--set", "data.vendor=v") for _ in range(2)))
    assert 0 in [ran.code for ran in both], both
    again = envelope("number.add", number, {"vendor": "v", "country": "DE", "sku": "s"}, id=id)
    await bank.write(
        "inventory.commands", number, again
    )  # as an edit would that was cut off before it closed the letter
    await bank.ask("number.update", number, vendor="w")
    await bank.all_answered()
    told = [event for events in (await bank.answers()).values() for event in events if event["subject"] == number]
    assert [(event["type"], event["causationid"]) for event in told][:1] == [("number.added", id)]
    assert [event["type"] for event in told] == ["number.added", "number.updated"]
    closed = await dlq(bank, "replay", name)
    assert (closed.code, "closed already: it was replayed" in closed.err) == (2, True)
    assert (await status(bank, name)) == "replayed"
    assert await running.stop() == 0


async def test_a_dead_letter_is_mended_in_an_editor(bank: Bank) -> None:
    await bank.run("inventory").until_ready()
    number, id = "+4960000002", uuid.uuid4().hex
    name = await spoiled(bank, "number.add", number, {"vendor": 7, "country": "DE", "sku": "s"}, id)
    kept = await dlq(bank, "edit", name, EDITOR="true")
    assert (kept.code, "Nothing was edited" in kept.err) == (2, True)
    ran = await dlq(bank, "edit", name, EDITOR="sed -i 's/7,/\"v\",/'")
    assert ran.code == 0, ran.err
    bank.asked.append(id)
    await bank.all_answered()
    [answer] = (await bank.answers())[id]
    assert (answer["type"], answer["data"]["vendor"]) == ("number.added", "v")


class Ran(NamedTuple):
    code: int
    out: str
    err: str


async def dlq(bank: Bank, *arguments: str, **environ: str) -> Ran:
    """Run the command line as an operator would."""
    pipe, env = asyncio.subprocess.PIPE, {**os.environ, **bank.env, **environ}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.ops.cli", "dlq", *arguments, stdin=asyncio.subprocess.DEVNULL, stdout=pipe,
        stderr=pipe, env=env,
    )  # fmt: skip
    out, err = await process.communicate()
    return Ran(process.returncode or 0, out.decode(), err.decode())


async def status(bank: Bank, name: str) -> str:
    listed = [json.loads(line) for line in (await dlq(bank, "list", "--json")).out.splitlines()]
    [status] = [one["status"] for one in listed if f"{one['topic']}/{one['partition']}/{one['offset']}" == name]
    return str(status)


async def spoiled(bank: Bank, type: str, number: str, data: dict[str, Any], id: str) -> str:
    """Write a command that nobody can read, and wait for its dead letter; give its name."""
    value = envelope(type, number, data, id=id)
    where = await bank.producer.send_and_wait("inventory.commands", value, number.encode(), home(number, PARTITIONS))
    name = f"inventory.commands/{where.partition}/{where.offset}"

    async def buried() -> bool:
        return (await dlq(bank, "show", name)).code == 0

    await until(buried)
    return name


async def write(bank: Bank, records: list[Hostile]) -> None:
    """Write records in order, without waiting for each."""
    sent = []
    for record in records:
        topic, partition, key, value, headers = record.outgoing(PARTITIONS)
        sent.append(await bank.producer.send(topic, value, key, partition, headers=[*(headers or ())]))
    await asyncio.gather(*sent)


async def all_read(bank: Bank) -> bool:
    """Tell whether every fence stands where its topic ends, and has published what it holds."""
    database = bank.mongo.get_default_database("numberbank")
    lots = [TopicPartition(name, number) for name in INPUTS for number in range(PARTITIONS)]
    before = await ends(bank, lots)
    fences = {fence["_id"]: fence for name in SERVICES async for fence in database[f"{name}.fences"].find()}
    for lot, end in before.items():
        for reader in set(INPUTS[lot.topic].read_by) & set(SERVICES):
            fence = fences.get(f"{reader}/{lot.topic}/{lot.partition}")
            if fence is None or fence["next"] < end:
                return False
    await asyncio.sleep(0.5)  # for what the last batches have said
    return before == await ends(bank, lots)


async def ends(bank: Bank, lots: list[TopicPartition]) -> dict[TopicPartition, int]:
    async with AIOKafkaConsumer(bootstrap_servers=bank.env["KAFKA_BOOTSTRAP_SERVERS"]) as consumer:
        return dict(await consumer.end_offsets(lots))


async def everything(bank: Bank) -> dict[str, list[Any]]:
    """Give all records of all topics, partition by partition."""
    lots = [TopicPartition(topic.name, number) for topic in EVERY_TOPIC for number in range(PARTITIONS)]
    found: dict[str, list[Any]] = defaultdict(list)
    async with AIOKafkaConsumer(
        bootstrap_servers=bank.env["KAFKA_BOOTSTRAP_SERVERS"], auto_offset_reset="earliest"
    ) as consumer:
        consumer.assign(lots)
        for lot, end in (await consumer.end_offsets(lots)).items():
            while await consumer.position(lot) < end:
                for taken, batch in (await consumer.getmany(timeout_ms=200)).items():
                    found[taken.topic] += batch
    return found
