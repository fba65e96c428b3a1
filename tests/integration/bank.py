"""A bank of real processes over real servers, and an audit of what its topics say."""

import asyncio
import contextlib
import json
import os
import signal
import sys
import urllib.request
import uuid
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from pymongo import AsyncMongoClient

from services.chassis.partitions import home
from services.ops.stack import Stack
from services.ops.stack.forker import spawn
from services.ops.stack.ports import free_port
from tests.road.worlds import until

PARTITIONS = 4
ROOT = Path(__file__).parents[2]


class Running:
    """One `numberbank run` as a process of its own."""

    def __init__(self, names: Sequence[str], env: dict[str, str], log: Path, **settings: str) -> None:
        self.port = free_port()
        self.log = log
        self.process = spawn(  # ends with this process, however that ends
            [sys.executable, "-m", "services.ops", "run", *names, "--health-port", str(self.port)],
            environ={**os.environ, "PYTHONPATH": str(ROOT), "NUMBERBANK_SESSION_TIMEOUT": "2", **env, **settings},
            log=log,
        )

    async def ready(self) -> bool:
        """Tell whether its lanes are open."""
        return (await asyncio.to_thread(self._get, "/readyz"))[0] == 200

    async def until_ready(self) -> "Running":
        await until(self.ready, 60)
        return self

    def _get(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=2) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refusal:
            with refusal:
                return refusal.code, refusal.read().decode()
        except OSError:
            return 0, ""

    async def get(self, path: str) -> tuple[int, str]:
        return await asyncio.to_thread(self._get, path)

    async def ended(self, seconds: float = 60) -> int:
        """Wait for the process to end by itself, and give its exit code."""

        async def over() -> bool:
            return self.process.poll() is not None

        await until(over, seconds)
        return int(self.process.returncode)

    def signal(self, number: int) -> None:
        self.process.send_signal(number)

    def kill(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
        self.process.wait()

    async def stop(self) -> int:
        """End it in good order, and give its exit code."""
        self.process.terminate()
        return await self.ended()


class Bank:
    """Clients, processes and what they have said."""

    def __init__(self, stack: Stack, folder: Path) -> None:
        self.stack, self.folder = stack, folder
        self.env = {
            **stack.env,
            "NUMBERBANK_MAIL_FROM": "bank@bank.example",
            "NUMBERBANK_SUPPORT_EMAIL": "help@bank.example",
        }
        self.processes: list[Running] = []
        self.asked: list[str] = []

    async def __aenter__(self) -> "Bank":
        servers = self.env["KAFKA_BOOTSTRAP_SERVERS"]
        self.producer = AIOKafkaProducer(bootstrap_servers=servers, acks="all", enable_idempotence=True, linger_ms=2)
        await self.producer.start()
        self.mongo: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(self.env["MONGODB_URL"])
        return self

    async def __aexit__(self, *failure: object) -> None:
        for process in self.processes:
            process.kill()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(10):
                await self.producer.stop()
        await self.mongo.close()

    def run(self, *names: str, **settings: str) -> Running:
        running = Running(names, self.env, self.folder / f"{'-'.join(names)}.log", **settings)
        self.processes.append(running)
        return running

    async def write(self, topic: str, subject: str, value: bytes | None, **how: Any) -> None:
        """Write a record keyed by its subject."""
        how.setdefault("partition", home(subject, PARTITIONS))
        await self.producer.send_and_wait(topic, value, how.pop("key", subject.encode()), **how)

    async def ask(self, type: str, number: str, **data: Any) -> str:
        """Send a command; give its id."""
        id = uuid.uuid4().hex
        self.asked.append(id)
        await self.write("inventory.commands", number, envelope(type, number, data, id=id))
        return id

    async def ask_many(self, numbers: Sequence[str], rounds: int = 1) -> None:
        """Add numbers, then reserve and release them in turn, a few hundred commands at once."""
        commands = [("number.add", n, {"vendor": "v", "country": "SG", "sku": "s"}) for n in numbers]
        for turn in range(rounds):
            data: dict[str, Any] = {"remark": "r"} if turn % 2 else {"remark": "r", "holder": {"org": "acme"}}
            commands += [("number.release" if turn % 2 else "number.reserve", n, data) for n in numbers]
        sent = []
        for type, number, data in commands:
            id = uuid.uuid4().hex
            self.asked.append(id)
            value = envelope(type, number, data, id=id)
            sent.append(
                await self.producer.send("inventory.commands", value, number.encode(), home(number, PARTITIONS))
            )
        await asyncio.gather(*sent)

    async def read(self, topic: str) -> list[Any]:
        """Give all records of a topic, partition by partition."""
        consumer = AIOKafkaConsumer(bootstrap_servers=self.env["KAFKA_BOOTSTRAP_SERVERS"], auto_offset_reset="earliest")
        await consumer.start()
        try:
            lots = [TopicPartition(topic, n) for n in range(PARTITIONS)]
            consumer.assign(lots)
            records: list[Any] = []
            for lot, end in (await consumer.end_offsets(lots)).items():
                while await consumer.position(lot) < end:
                    for batch in (await consumer.getmany(timeout_ms=200)).values():
                        records += batch
            return records
        finally:
            await consumer.stop()

    async def answers(self) -> dict[str, list[dict[str, Any]]]:
        """Give the different answers of inventory by the id of their command, in order."""
        first: dict[str, dict[str, Any]] = {}
        for record in await self.read("inventory.events"):
            event = json.loads(record.value)
            assert first.setdefault(event["id"], event) == event, "one id, two events"
        by_command = defaultdict(list)
        for event in first.values():
            by_command[event["causationid"]].append(event)
        return by_command

    async def all_answered(self, seconds: float = 90) -> None:
        """Wait until everything that was asked has an answer."""

        async def answered() -> bool:
            return set(self.asked) <= (await self.answers()).keys()

        await until(answered, seconds)

    async def audit(self) -> None:
        """Check: one answer each, versions contiguous in order, and MongoDB equal to the fold."""
        answers = await self.answers()
        assert Counter({id: len(answers[id]) for id in self.asked}) == Counter(dict.fromkeys(self.asked, 1))
        folded: dict[str, dict[str, Any]] = {}
        for [event] in answers.values():
            if event["type"] != "command.rejected":
                number = event["data"]
                before = folded.get(number["number"], {"version": 0})
                assert number["version"] == before["version"] + 1, (before, number)
                folded[number["number"]] = number
        database = self.mongo.get_default_database("numberbank")
        stored = {doc["_id"]: doc async for doc in database["inventory.numbers"].find()}
        assert stored.keys() == folded.keys()
        for id, number in folded.items():
            assert (stored[id]["state"], stored[id]["version"]) == (number["state"], number["version"])


def envelope(type: str, subject: str, data: Any, **attributes: Any) -> bytes:
    """Write an event as a stranger would."""
    return json.dumps({
        "specversion": "1.0", "id": uuid.uuid4().hex, "source": "/stranger", "type": type, "subject": subject,
        "data": data, **attributes,
    }).encode()  # fmt: skip
