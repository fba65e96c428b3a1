"""How a job changes under the gateway that has it. Each is decided by what the job is in that moment."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from services.gateway.bulk.chunks import Settled
from services.gateway.bulk.jobs import real_now
from services.gateway.domain.job import AT_WORK, DRAINING, ENDED, Job, JobState

LEASE = timedelta(seconds=10)  # after which a silent gateway loses its job
SILENCE = 300.0  # seconds after which whoever submits rows is taken for dead; they stir far more often
BROKE_OFF = "It broke off; submit it again."
WINDOW = 16  # chunks in flight
TOGETHER = 8  # of them are sent at once


class LeaseLost(Exception):
    """Another gateway has the job, or nobody needs to."""


def leased(job: Job, owner: str) -> Job:
    """Give the job to a gateway. Raises `LeaseLost` where another one has it, or it has nothing to do."""
    now = real_now()
    if job.state not in AT_WORK or (job.leased_until is not None and job.leased_until > now):
        raise LeaseLost
    state = "running" if job.state == "ready" else job.state
    return _opened(replace(job, state=state, owner=owner, leased_until=now + LEASE, stirred=now))


def renewed(job: Job) -> Job:
    """Keep the job for a while longer."""
    return replace(job, leased_until=real_now() + LEASE)


def let_go(job: Job, owner: str) -> Job:
    """Give the job back for others to take. Raises `LeaseLost`."""
    if job.owner != owner:
        raise LeaseLost
    return replace(job, owner=None, leased_until=None)


def settled_in(job: Job, place: int, settled: Sequence[Settled]) -> Job:
    """Count a chunk, unless it was counted by a transaction that nobody knew to have gone through."""
    if job.next > place:
        return job
    counts, codes = Counter(job.counts), Counter(job.codes)
    fresh = [each for each in settled if each.outcome != "refused"]  # those were counted when they were read
    counts.update(each.outcome for each in fresh)
    codes.update(each.code for each in fresh if each.code is not None)
    state = "running" if job.state == "waiting" else job.state
    return _opened(replace(
        job, next=place + 1, counts=dict(counts), codes=dict(codes), state=state, note=None, stirred=real_now()
    ))  # fmt: skip


def _opened(job: Job) -> Job:
    """Let the next chunks be sent, in the transaction that makes room for them; none more of a job that drains."""
    return job if job.state in DRAINING else replace(job, sent=min(job.next + WINDOW, job.chunks))


def heard_of(job: Job, note: str | None) -> Job:
    """Give the job after a sign of life. `note`: why it waits, None if it does not."""
    if note is None or job.state in DRAINING:
        return replace(job, note=note)
    return replace(job, state="waiting", note=note)


def stirred(job: Job) -> Job:
    """Note that the rows of a job still come."""
    return replace(job, stirred=real_now()) if job.state == "receiving" else job


def given_up(job: Job, sign: datetime | None) -> Job:
    """Refuse a job whose rows come no longer: `sign` is the last of life that was seen, long ago."""
    if job.state != "receiving" or job.stirred != sign:
        return job
    return replace(job, state="refused", note=BROKE_OFF, finished=real_now())


def _end_of(state: JobState) -> datetime | None:
    return real_now() if state in ENDED else None


def ended(job: Job) -> Job:
    """Give the job when nothing is in flight any longer."""
    if job.next == job.chunks:
        return replace(job, state="done", finished=real_now(), owner=None, leased_until=None, note=None)
    if job.state not in DRAINING:  # it was resumed in this moment: it is taken again
        return replace(job, state="ready", owner=None, leased_until=None)
    state = DRAINING[job.state]
    return replace(job, state=state, owner=None, leased_until=None, note=None, finished=_end_of(state))
