"""One run: start everything, break it for a while, heal it, let it finish, and check what was promised."""

import asyncio
import shutil
import signal
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from random import Random
from typing import Any

from pymongo import AsyncMongoClient

from services.chassis.errors import Refusal
from services.ops.printing import say
from services.ops.settings import ClientSettings
from services.ops.topics import create_topics
from tests.chaos import checks
from tests.chaos.faults import SESSION, Field, Struck, inflict
from tests.chaos.ledger import Ledger
from tests.chaos.load import Writer, speak, writer
from tests.chaos.plan import DISK_FULL, SHARES, plan
from tests.chaos.pulse import SERVICES, Pulse
from tests.chaos.report import Result, overlap, recoveries
from tests.chaos.servers import Servers, proxied_servers
from tests.chaos.supervisor import Supervisor
from tests.chaos.traffic import Traffic
from tests.integration.bank import PARTITIONS
from tests.road.worlds import until

START = "2026-01-01T00:00:00Z"
DAYS = 2.0  # that pass in a second, so that holds end and mails go out
TIMER = "lifecycle-timer"
INSTANCES = 2  # of each service
RECOVER = 120.0  # seconds in which every lane answers again, once nothing is broken any more
DRAIN = 300.0  # seconds in which everything has to be done once nothing is broken any more
USUAL = (4, -signal.SIGTERM)  # Kafka or MongoDB could not be used at the start; told to end before it listened
Tasks = tuple[asyncio.Task[None], ...]


async def run(seed: int, faults: int, seconds: float, rate: float) -> Result:
    """Run it all, in a folder that is kept when something does not hold."""
    folder = Path(tempfile.mkdtemp(prefix="numberbank-chaos-"))
    result = Result(seed, evidence=str(folder))
    say(f"seed {seed}, logs and data in {folder} until all is found to be well")
    async with proxied_servers(folder) as servers:
        await create_topics(servers.stack.env["KAFKA_BOOTSTRAP_SERVERS"], PARTITIONS)
        since = time.time()
        supervisor = Supervisor(_env(servers, since), folder)
        field = Field(servers, supervisor, Random(seed), lambda days: _clock(since - days / DAYS))
        async with supervisor.watching():
            await _broken(field, result, faults, seconds, rate)
        if not result.ok and servers.mongo.disk is not None:
            servers.mongo.disk.keep(folder / "mongo.tar")
    if result.ok:
        shutil.rmtree(folder)
        result.evidence = ""
    return result


def _env(servers: Servers, since: float) -> dict[str, str]:
    return {
        **servers.proxied,
        **_clock(since),
        "NUMBERBANK_SESSION_TIMEOUT": str(SESSION),
        "NUMBERBANK_MAIL_FROM": "bank@bank.example",
        "NUMBERBANK_SUPPORT_EMAIL": "help@bank.example",
    }


def _clock(since: float) -> dict[str, str]:
    return {"NUMBERBANK_CLOCK": f"{START}@{DAYS * 86400:.0f}", "NUMBERBANK_CLOCK_SINCE": str(since)}


async def _broken(to: Field, result: Result, faults: int, seconds: float, rate: float) -> None:
    env, ledger = to.servers.stack.env, Ledger()
    settings = ClientSettings.load(env)
    for service in SERVICES * INSTANCES:
        to.supervisor.add(service)
    async with _clients(to.servers, ledger) as (client, pulse):
        await until(to.supervisor.ready, 120)
        loading = asyncio.create_task(speak(client, Traffic(Random(result.seed)), rate))
        beating = asyncio.create_task(pulse.run())
        try:
            struck = await _strike(to, result, faults, seconds, (loading, beating))
            await _heal(to, result)
            took = await _recovered(pulse, struck, result, (loading, beating))
        finally:
            for task in (loading, beating):
                task.cancel()
            await asyncio.gather(loading, beating, return_exceptions=True)
        await client.settled()
    await _finish(to.supervisor, settings, result)
    _sum_up(result, struck, took, ledger, to.supervisor)
    await _check(result, settings, ledger, to.servers)


@asynccontextmanager
async def _clients(servers: Servers, ledger: Ledger) -> AsyncIterator[tuple[Writer, Pulse]]:
    env = servers.stack.env
    mongo: AsyncMongoClient[dict[str, object]] = AsyncMongoClient(
        env["MONGODB_URL"], serverSelectionTimeoutMS=2_000, socketTimeoutMS=2_000
    )
    try:
        async with writer(env["KAFKA_BOOTSTRAP_SERVERS"], ledger) as client:
            yield client, Pulse(env["KAFKA_BOOTSTRAP_SERVERS"], mongo, servers.stack.maildir, client)
    finally:
        await mongo.close()


async def _strike(to: Field, result: Result, faults: int, seconds: float, others: Tasks) -> list[Struck]:
    """Inflict all faults of the plan, each as a task of its own, so that they overlap."""
    begun, tasks = time.time(), []
    for due in plan(result.seed, faults, seconds, _possible(to.servers)):
        await asyncio.sleep(max(0.0, begun + due.at - time.time()))
        _alive(others)
        tasks.append(asyncio.create_task(inflict(due.kind, to), name=due.kind))
        if len(tasks) % 50 == 0:
            say(f"{len(tasks)} faults in {time.time() - begun:.0f} s")
    await asyncio.wait(tasks)
    result.complaints += [f"{task.get_name()} failed: {task.exception()!r}" for task in tasks if task.exception()]
    return sorted((task.result() for task in tasks if not task.exception()), key=lambda fault: fault.at)


async def _heal(to: Field, result: Result) -> None:
    """See that every server runs and every instance is ready."""
    for part in (to.servers.kafka, to.servers.mongo, to.servers.mail):
        await asyncio.to_thread(part.start)
    await _within(RECOVER, to.supervisor.ready, result, "not every instance is ready")


async def _within(seconds: float, condition: Any, result: Result, complaint: str) -> None:
    """Wait for a condition; that it did not come to hold is one of the things that a run finds."""
    try:
        await until(condition, seconds)
    except TimeoutError:
        result.complaints.append(f"{complaint} after {seconds:.0f} s")


def _possible(servers: Servers) -> dict[str, int]:
    """Leave out the full disk where nobody may mount a small one."""
    return {kind: share for kind, share in SHARES.items() if kind != DISK_FULL or servers.mongo.disk is not None}


def _alive(tasks: Tasks) -> None:
    """Raise what load or pulse have ended with."""
    for task in tasks:
        if task.done():
            task.result()


async def _recovered(pulse: Pulse, struck: list[Struck], result: Result, others: Tasks) -> list[float | None]:
    """Wait until each lane has answered after the last fault, then give the recovery time of each."""
    last = max(fault.until for fault in struck)

    async def answered() -> bool:
        _alive(others)
        return not pulse.silent(last)

    await _within(RECOVER, answered, result, "not every lane has answered again")
    if silent := pulse.silent(last):
        result.complaints.append(f"silent: {sorted(silent)}")
    return [pulse.recovery(fault.at, fault.channels) for fault in struck]


async def _finish(supervisor: Supervisor, settings: ClientSettings, result: Result) -> None:
    """Let everything be read; then stop first who goes on asking, for time goes on, and last who answers."""
    begun = time.time()
    await _within(DRAIN, lambda: _drained(settings, SERVICES), result, "not everything is read")
    result.drained = time.time() - begun
    await supervisor.retire_all((TIMER,))
    others = [name for name in SERVICES if name != TIMER]
    await _within(DRAIN, lambda: _drained(settings, others), result, "not everything is read")
    await supervisor.retire_all(others)


async def _drained(settings: ClientSettings, services: Collection[str]) -> bool:
    """Tell whether nothing is left in two looks, between which what was just read may have led to more."""
    with suppress(Refusal):
        for _ in range(2):
            if await checks.left_of(settings, services):
                return False
            await asyncio.sleep(1)
        return True
    return False


def _sum_up(
    result: Result, struck: list[Struck], took: list[float | None], ledger: Ledger, supervisor: Supervisor
) -> None:
    result.faults, result.seconds = len(struck), struck[-1].at - struck[0].at
    result.most_at_once = overlap(struck, took)
    result.recoveries = recoveries(struck, took)
    result.endings = dict(Counter(f"{e.place.rpartition('-')[0]} exit {e.code}" for e in supervisor.endings))
    result.odd_endings = [f"{e.place} exit {e.code}: {e.said[:500]}" for e in supervisor.endings if e.code not in USUAL]
    result.traffic = {
        "records acknowledged": ledger.records,
        "commands and facts to be answered": sum(map(len, ledger.asked.values())),
        "repeats": ledger.repeats,
        "garbage": len(ledger.garbage),
        **{f"doubtful by {error}": count for error, count in ledger.doubtful.items()},
        "starts of instances": supervisor.starts,
    }


async def _check(result: Result, settings: ClientSettings, ledger: Ledger, servers: Servers) -> None:
    found = checks.Complaints()
    result.audit = await checks.audited(servers.stack.env, found)
    await checks.answered_once(settings, ledger, found)
    await checks.buried_once(settings, ledger, found)
    result.audit["mails_stored_twice"] = await checks.mailed_once(settings, servers.mail, found)
    result.complaints += found
    if servers.mongo.disk is None:
        result.left_out = f"Left out: {DISK_FULL}, for this machine lets no user mount a disk of their own."
    missing = set(_possible(servers)) - {each.kind for each in result.recoveries}
    result.complaints += [f"no {kind} was inflicted" for kind in missing]
