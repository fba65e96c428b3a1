"""What must hold when everything has been healed, read and stopped, whatever was done to it meanwhile."""

import asyncio
import json
import os
import re
import sys
from collections import Counter
from collections.abc import AsyncIterator, Collection, Mapping
from typing import Any

from contracts.topics import DEAD_LETTERS
from services.ops.audit.outbox import Repeats, dead_place
from services.ops.connection import consumer
from services.ops.database import database
from services.ops.lagging import left_to_do
from services.ops.reading import bounds, existing, read_all
from services.ops.settings import ClientSettings
from services.ops.stack import Mail
from tests.chaos.ledger import ANSWERED, Ledger, Where
from tests.integration.bank import ROOT

DEFECTS = (b"internal_error", b"too_large", b"not_at_home")  # codes of dead letters that garbage does not explain
ROW = re.compile(r"^(\+\d+ .* UTC)", re.MULTILINE)  # of a letter: a number, and when its hold ends


class Complaints(list[str]):
    """What does not hold, in sentences."""

    MOST = 50

    def add(self, sentence: str) -> None:
        """Take one more; of very many the first are enough."""
        if len(self) < self.MOST:
            self.append(sentence)


async def left_of(settings: ClientSettings, services: Collection[str]) -> int:
    """Give how many records these services have not read yet, as `numberbank lag` tells it."""
    return sum(each.left for each in await left_to_do(settings) if each.service in services)


async def audited(env: Mapping[str, str], found: Complaints) -> dict[str, Any]:
    """Run `numberbank audit`, and give its summary; nothing may be pending or unpublished any more."""
    command = [sys.executable, "-m", "services.ops", "audit", "--json"]
    process = await asyncio.create_subprocess_exec(
        *command, env={**os.environ, **env}, cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    told, said = await process.communicate()
    lines = [json.loads(line) for line in told.splitlines()]
    summary: dict[str, Any] = lines[-1]["summary"] if lines and "summary" in lines[-1] else {"ok": False}
    for finding in lines[:-1]:
        found.add(f"audit: {finding['rule']}: {finding['subject']} {finding['message']} {finding['evidence']}")
    if process.returncode or not summary["ok"]:
        found.add(f"audit: exit code {process.returncode} {said.decode()[-300:]}")
    for count in ("pending", "unpublished", "moving"):
        if summary.get(count):
            found.add(f"audit: {summary[count]} {count} although all is read and stopped")
    return summary


async def records(settings: ClientSettings, topics: list[str]) -> AsyncIterator[Any]:
    """Give all records of topics, without what lanes have written again after a fault."""
    repeats: dict[tuple[str, int], Repeats] = {}
    counts = await existing(settings, topics)
    async with consumer(settings.kafka, isolation_level="read_committed") as client:
        lots = [(name, part) for name, count in counts.items() for part in range(count)]
        async for record in read_all(client, await bounds(client, lots, settings), settings):
            if not repeats.setdefault((record.topic, record.partition), Repeats()).is_repeat(record):
                yield record


async def answered_once(settings: ClientSettings, ledger: Ledger, found: Complaints) -> None:
    """Check that each question that is safe has one answer, and that versions leave nothing out."""
    for questions, events in ANSWERED.items():
        answers: dict[str, set[str]] = {}
        versions: Counter[str] = Counter()
        async for record in records(settings, [events]):
            event = json.loads(record.value)
            fresh = event["id"] not in (known := answers.setdefault(event.get("causationid"), set()))
            known.add(event["id"])
            if fresh and "version" in event["data"] and event["type"] != "command.rejected":
                versions[event["subject"]] += 1
                if versions[event["subject"]] != event["data"]["version"]:
                    found.add(
                        f"{event['subject']}: {event['data']['version']} follows {versions[event['subject']] - 1}"
                    )
        for id, subject in ledger.asked.get(questions, {}).items():
            if len(answers.get(id, ())) != 1:
                found.add(f"{questions}: {id} of {subject} has {len(answers.get(id, ()))} answers")


async def buried_once(settings: ClientSettings, ledger: Ledger, found: Complaints) -> None:
    """Check that all garbage, and nothing else, has become a dead letter."""
    buried: Counter[Where] = Counter()
    async for record in records(settings, [topic.name for topic in DEAD_LETTERS]):
        headers = dict(record.headers)
        if (place := dead_place(headers)) is None:
            continue
        buried[Where(*place)] += 1
        if headers.get("nb-code") in DEFECTS or (not ledger.doubtful and Where(*place) not in ledger.garbage):
            found.add(f"{place} became a dead letter: {headers.get('nb-code')} {headers.get('nb-reason')}")
    for where in ledger.garbage:
        if buried[where] != 1:
            found.add(f"garbage at {where} has {buried[where]} dead letters")


async def mailed_once(settings: ClientSettings, mail: Mail, found: Complaints) -> int:
    """Check that each notice went to each recipient under one Message-ID; give how many mails were stored twice."""
    told: dict[str, str] = {}  # by Message-ID: the recipient
    under: dict[tuple[str, str], set[str]] = {}  # by notice and recipient: Message-IDs
    async for record in records(settings, ["notification.events"]):
        data = json.loads(record.value)["data"]
        if data["message_id"] is not None:
            told[data["message_id"]] = data["recipient"]
            for notice in data["notices"]:
                under.setdefault((notice, data["recipient"]), set()).add(data["message_id"])
    for (notice, recipient), ids in under.items():
        if len(ids) > 1:
            found.add(f"{recipient} was told {notice} as {sorted(ids)}")
    stored = await asyncio.to_thread(_stored, mail, found)
    async with database(settings) as db:
        waiting = {pending["_id"] async for pending in db["notification.mails"].find({}, {"_id": 1})}
    for id in stored.keys() - told.keys() - waiting:
        found.add(f"mail {id} was stored and never told of")
    for id in told.keys() - stored.keys():
        found.add(f"mail {id} to {told[id]} was told of and never stored")
    return stored.total() - len(stored)


def _stored(mail: Mail, found: Complaints) -> Counter[str]:
    """Count the mails by Message-ID; of one that came twice both must say the same."""
    stored: Counter[str] = Counter()
    contents: dict[str, tuple[str, str]] = {}
    rows: dict[tuple[str, str], str] = {}
    for letter in mail.messages():
        id, recipient = str(letter["Message-ID"]), str(letter["X-RcptTo"])
        text = letter.get_body(("plain",)).get_content()  # type: ignore[union-attr]
        stored[id] += 1
        if contents.setdefault(id, (recipient, text)) != (recipient, text):
            found.add(f"mail {id} was sent with two contents")
        for row in ROW.findall(text):
            if rows.setdefault((recipient, row), id) != id:
                found.add(f"{recipient} was told '{row}' as {id} and as {rows[recipient, row]}")
    return stored
