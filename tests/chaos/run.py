"""One run: start everything, break it for a while, heal it, let it finish, and check what was promised."""

import asyncio
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from random import Random

from pymongo import AsyncMongoClient

from services.chassis.errors import Refusal
from services.ops.lagging import left_to_do
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
INSTANCES = 2  # of each service
RECOVER = 120.0  # seconds in which every lane answers again, once nothing is broken any more
DRAIN = 300.0  # seconds in which everything has to be done once nothing is broken any more
Tasks = tuple[asyncio.Task[None], ...]


async def run(seed: int, faults: int, seconds: float, rate: float) -> Result:
    """Run it all, in a folder that is kept when something does not hold."""
    folder = Path(tempfile.mkdtemp(prefix="numberbank-chaos-"))
    result = Result(seed, evidence=str(folder))
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
            struck = await _strike(to, result.seed, faults, seconds, (loading, beating))
            await _heal(to)
            took = await _recovered(pulse, struck, (loading, beating))
        finally:
            for task in (loading, beating):
                task.cancel()
            await asyncio.gather(loading, beating, return_exceptions=True)
        await client.settled()
    begun = time.time()
    await until(lambda: _drained(settings), DRAIN)
    result.drained = time.time() - begun
    await to.supervisor.retire_all()
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


async def _strike(to: Field, seed: int, faults: int, seconds: float, others: Tasks) -> list[Struck]:
    """Inflict all faults of the plan, each as a task of its own, so that they overlap."""
    begun, tasks = time.time(), []
    for due in plan(seed, faults, seconds, _possible(to.servers)):
        await asyncio.sleep(max(0.0, begun + due.at - time.time()))
        _alive(others)
        tasks.append(asyncio.create_task(inflict(due.kind, to)))
    return sorted(await asyncio.gather(*tasks), key=lambda fault: fault.at)


async def _heal(to: Field) -> None:
    """See that every server runs and every instance is ready."""
    for part in (to.servers.kafka, to.servers.mongo, to.servers.mail):
        await asyncio.to_thread(part.start)
    await until(to.supervisor.ready, 120)


def _possible(servers: Servers) -> dict[str, int]:
    """Leave out the full disk where nobody may mount a small one."""
    return {kind: share for kind, share in SHARES.items() if kind != DISK_FULL or servers.mongo.disk is not None}


def _alive(tasks: Tasks) -> None:
    """Raise what load or pulse have ended with."""
    for task in tasks:
        if task.done():
            task.result()


async def _recovered(pulse: Pulse, struck: list[Struck], others: Tasks) -> list[float | None]:
    """Wait until each lane has answered after the last fault, then give the recovery time of each."""
    last = max(fault.until for fault in struck)
    deadline = time.time() + RECOVER
    while silent := pulse.silent(last):
        _alive(others)
        if time.time() > deadline:
            raise TimeoutError(f"{sorted(silent)} have not answered for {RECOVER:.0f} s")
        await asyncio.sleep(0.1)
    return [pulse.recovery(fault.at, fault.channels) for fault in struck]


async def _drained(settings: ClientSettings) -> bool:
    with suppress(Refusal):
        return not any(each.left for each in await left_to_do(settings))
    return False


def _sum_up(
    result: Result, struck: list[Struck], took: list[float | None], ledger: Ledger, supervisor: Supervisor
) -> None:
    result.faults, result.seconds = len(struck), struck[-1].at - struck[0].at
    result.most_at_once = overlap(struck, took)
    result.recoveries = recoveries(struck, took)
    result.endings = dict(Counter(f"{e.place.rpartition('-')[0]} exit {e.code}" for e in supervisor.endings))
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
    result.complaints = list(found)
    if servers.mongo.disk is None:
        result.left_out = f"Left out: {DISK_FULL}, for this machine lets no user mount a disk of their own."
    missing = set(_possible(servers)) - {each.kind for each in result.recoveries}
    result.complaints += [f"no {kind} was inflicted" for kind in missing]
