"""What `numberbank audit` does: look at the services, take the ends of the topics, read, and look again."""

import gc
from collections.abc import Callable
from typing import Any

from contracts.topics import INVENTORY_COMMANDS, INVENTORY_EVENTS
from services.chassis.fence import name_of
from services.chassis.partitions import home
from services.chassis.records import Lot
from services.ops.audit.auditing import ORDER, Audit
from services.ops.audit.change import change_in
from services.ops.audit.documents import COLLECTION, RULE, Documents
from services.ops.audit.findings import Findings, document
from services.ops.audit.log import Log
from services.ops.audit.outbox import Outbox
from services.ops.audit.standing import Standing, fences, in_flight, noted
from services.ops.audit.views import Views
from services.ops.connection import consumer
from services.ops.database import database
from services.ops.dead_letters import Place
from services.ops.envelopes import read_envelope
from services.ops.reading import existing
from services.ops.settings import ClientSettings


async def examine(
    settings: ClientSettings, findings: Findings, progress: Callable[[int], None], begin: Callable[[int], None]
) -> None:
    """Audit everything. `begin` is told how many records there are. Raises `Unusable`, `WrongSetting`."""
    # What is kept are plain values without cycles; looking for cycles among them would cost half the time.
    gc.set_threshold(100_000, 50, 1_000)
    async with (
        database(settings) as db,
        # What a transactional producer has taken back was never said.
        consumer(settings.kafka, isolation_level="read_committed") as client,
    ):
        counts = await existing(settings, [topic.name for topic in ORDER])
        standing, outbox = await _look(settings, db)
        log = Log(client, settings, progress)
        await log.open([(topic.name, counts[topic.name]) for topic in ORDER])
        begin(log.size)
        await judge(db, log, standing, outbox, findings)


async def judge(db: Any, log: Log, standing: Standing, outbox: Outbox, findings: Findings) -> None:
    """Apply all rules to what the topics and the database hold."""
    _within(log, standing, findings)
    documents = Documents(db, log.counts[INVENTORY_EVENTS.name], findings)
    await Audit(log, standing, outbox, findings).run(documents, Views(db, standing, findings))
    await documents.unheard_of()
    await _look_again(db, log, standing, documents, findings)


async def _look(settings: ClientSettings, db: Any) -> tuple[Standing, Outbox]:
    """Look at all services at one and the same moment."""
    from pymongo.read_concern import ReadConcern

    published = await noted(settings)
    standing, outbox = Standing(), Outbox()
    async with db.client.start_session(snapshot=True) as session:
        plain = db.with_options(read_concern=ReadConcern())  # the session has its own
        async for service, lot, fence in fences(plain, session):
            standing.note(fence)
            outbox.add(service, fence, published[service].get(lot, (0, None))[1])
        standing.in_flight.update([fact async for fact in in_flight(plain, session)])
    return standing, outbox


def _within(log: Log, standing: Standing, findings: Findings) -> None:
    """Find fences that are not within what their topic holds."""
    for lane, stage in standing.lanes.items():
        service, topic, partition = lane.split("/")
        limits = log.limits.get(Lot(topic, int(partition)))
        if limits is not None and not limits[0] <= stage.next <= limits[1]:
            message = f"is at offset {stage.next} of a partition that holds {limits[0]} to {limits[1]}"
            findings.add("fence within topic", lane, message, document(f"{service}.fences", lane))


async def _look_again(db: Any, log: Log, standing: Standing, documents: Documents, findings: Findings) -> None:
    """Compare documents that are newer than what was read with what has been said since."""
    ahead, events = documents.ahead, INVENTORY_EVENTS.name
    findings.counts["moving"] = len(ahead)
    lots = {Lot(events, home(str(number), log.counts[events])) for number in ahead}
    for lot, limits in (await log.newer(lots)).items():
        async for records in log.read(lot, limits):
            for record in records:
                _compare(record, documents)
    if not ahead:
        return
    now = {fence.id: fence.batch async for _, _, fence in fences(db)}
    for number, found in ahead.items():
        lane = name_of(
            "inventory", Lot(INVENTORY_COMMANDS.name, home(str(number), log.counts[INVENTORY_COMMANDS.name]))
        )
        stage = standing.lanes.get(lane)
        if now.get(lane, 0) <= (stage.batch if stage else 0):
            message = f"has version {found.get('version')} in MongoDB, of which no event tells"
            findings.add(RULE, str(number), message, document(COLLECTION, number))


def _compare(record: Any, documents: Documents) -> None:
    envelope = read_envelope(record.value, record.headers) or {}
    found = documents.ahead.get(str(envelope.get("subject")))
    data = envelope.get("data")
    if (
        found is None
        or not isinstance(data, dict)
        or "number" not in data
        or data.get("version") != found.get("version")
    ):
        return
    documents.judge(change_in(envelope, record.value, Place(record.topic, record.partition, record.offset)), found)
    del documents.ahead[envelope["subject"]]
