"""Jobs as MongoDB has them. Every change is a transaction of its own, decided by what the job is at that moment."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Protocol

from services.chassis.clock import SystemClock
from services.chassis.ports import Document, Transaction, Viewer
from services.chassis.retry import among_others
from services.gateway.bulk.chunks import Chunk, Settled, chunk_document, chunk_from, chunk_id, settled_fields
from services.gateway.domain.job import AT_WORK, Job, moved
from services.gateway.repeats import Repeat, bind

JOBS, CHUNKS = "jobs", "job-chunks"
KEPT = 30 * 24 * 3600  # seconds
EXPIRING = {JOBS: ("created", KEPT), CHUNKS: ("created", KEPT)}
TRIES = 10  # of a change, while others change the same job
PATIENCE = 10.0  # seconds that a list may take
_FIELDS = [field.name for field in fields(Job) if field.name != "id"]


class JobStore(Viewer, Protocol):
    """The store of the gateway, as jobs need it."""

    def transaction(self) -> AbstractAsyncContextManager[Transaction]:
        """Open a transaction; leaving commits it, an exception aborts it. Raises `StoreTrouble`."""


class NoSuchJob(LookupError):
    """There is no job of this name; it may have been forgotten after thirty days."""


def real_now() -> datetime:
    """Give real time: leases and what is forgotten do not follow the bank's clock."""
    return SystemClock().now()


def new_id() -> str:
    """Give a name that nobody else has."""
    return secrets.token_hex(6)


@dataclass(frozen=True)
class Jobs:
    """All jobs of the last thirty days. Raises `StoreTrouble` while MongoDB is away."""

    store: JobStore

    async def add(self, job: Job) -> None:
        """Keep a new job."""
        async with self.store.transaction() as transaction:
            await transaction.put(JOBS, [_document(job)], new=True)

    async def add_chunk(self, job: Job, chunk: Chunk) -> None:
        """Keep some rows of it."""
        async with self.store.transaction() as transaction:
            await transaction.put(CHUNKS, [chunk_document(job.id, chunk, job.created)], new=True)

    async def get(self, id: str) -> Job:
        """Give a job. Raises `NoSuchJob`."""
        return _job(id, (await self.store.get(JOBS, [id])).get(id))

    async def latest(self, limit: int = 50) -> list[Job]:
        """Give jobs, the newest first."""
        found = await self.store.select(JOBS, {}, [("created", -1)], limit, PATIENCE)
        return [_job(each["_id"], each) for each in found or ()]

    async def at_work(self) -> list[Job]:
        """Give the jobs that some gateway has to act on, or whose rows still come, the oldest first."""
        wanted = {"state": {"$in": ["receiving", *AT_WORK]}}
        found = await self.store.select(JOBS, wanted, [("created", 1)], 0, PATIENCE)
        return [_job(each["_id"], each) for each in found or ()]

    async def change(self, id: str, how: Callable[[Job], Job], repeat: Repeat | None = None) -> Job:
        """Let `how` decide what becomes of a job; `repeat`: and bind this key to it, in the same moment.

        Raises `NoSuchJob`, `KeyTaken`, and what `how` raises.
        """

        async def changed() -> Job:
            async with self.store.transaction() as transaction:
                if repeat is not None:
                    await bind(transaction, repeat, id, real_now())
                return await _changed(transaction, id, how)

        return await among_others(changed, TRIES)

    async def move(self, id: str, move: str, who: str, repeat: Repeat | None = None) -> Job:
        """Do what somebody asks, under a key or none: `pause`, `resume`, `cancel`, `approve`.

        Raises `NoSuchJob`, `WrongMove`, `KeyTaken`.
        """
        return await self.change(id, lambda job: moved(job, move, who, real_now()), repeat)

    async def chunks(self, id: str, indexes: Sequence[int]) -> list[Chunk]:
        """Give some chunks of a job, in order."""
        names = {chunk_id(id, index): index for index in indexes}
        found = await self.store.get(CHUNKS, list(names))
        if missing := names.keys() - found.keys():
            raise NoSuchJob(f"Rows of job {id} are gone ({min(missing)}).")
        return [chunk_from(index, found[name]) for name, index in names.items()]

    async def settle(self, id: str, settled: Mapping[int, Sequence[Settled]], how: Callable[[Job], Job]) -> Job:
        """Write down what became of some chunks, and what that makes of their job, in one moment."""
        async with self.store.transaction() as transaction:
            job = await _changed(transaction, id, how)
            await transaction.update(
                CHUNKS, {chunk_id(id, index): settled_fields(rows) for index, rows in settled.items()}
            )
        return job


async def _changed(transaction: Transaction, id: str, how: Callable[[Job], Job]) -> Job:
    before = _job(id, (await transaction.get(JOBS, [id])).get(id))
    after = how(before)
    if after != before:
        await transaction.update(JOBS, {id: {name: value for name, value in _document(after).items() if name != "_id"}})
    return after


def _document(job: Job) -> Document:
    document = asdict(job)
    return {"_id": document.pop("id"), **document}


def _job(id: str, document: Document | None) -> Job:
    if document is None:
        raise NoSuchJob(f"There is no job {id}; numberbank jobs list shows them. They are kept for thirty days.")
    return Job(id, **{name: document[name] for name in _FIELDS if name in document})
