"""Documents and values: `timers`, one for each number whose hold has an end, and `told`, ids of notices."""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Self

from contracts.fields import instant_of
from services.chassis.clock import real_milliseconds
from services.chassis.ports import Document, Reader
from services.chassis.work import Work
from services.lifecycle_timer.domain import Holder, Timer

TIMERS = "timers"
TOLD = "told"


class Timers:
    """The timers that one batch concerns. Only the lane of its number writes a timer."""

    def __init__(self, lane: int, timers: dict[str, Timer], traces: dict[str, str]) -> None:
        self._lane, self._timers, self._traces = lane, timers, traces
        self._stored = frozenset(timers)
        self._touched: dict[str, None] = {}

    @classmethod
    async def load(cls, work: Work, numbers: Collection[str]) -> Self:
        """Read those there are."""
        return cls.of(work, (await work.get(TIMERS, numbers)).values())

    @classmethod
    def of(cls, work: Work, documents: Collection[Document]) -> Self:
        """Take those that are read already."""
        traces = {document["_id"]: document["trace"] for document in documents if "trace" in document}
        return cls(work.partition, {document["_id"]: timer_from(document) for document in documents}, traces)

    def __iter__(self) -> Iterator[Timer]:
        """Go through those there are now, whatever becomes of them."""
        return iter(list(self._timers.values()))

    def get(self, number: str) -> Timer | None:
        """Give the timer of a number, None without one."""
        return self._timers.get(number)

    def set(self, number: str, timer: Timer | None) -> None:
        """Keep a timer from now on, or none."""
        self._touched[number] = None
        if timer is None:
            self._timers.pop(number, None)
        else:
            self._timers[number] = timer

    def trace(self, number: str) -> tuple[str, ...]:
        """Give the `traceparent` of the latest event about a number, if it was traced."""
        return (self._traces[number],) if number in self._traces else ()

    def traced(self, number: str, traceparent: str | None) -> None:
        """Remember a trace together with the timer of a number."""
        if traceparent is not None:
            self._traces[number] = traceparent

    async def save(self, work: Work) -> None:
        """Write what has changed."""
        kept = [self._timers[number] for number in self._touched if number in self._timers]
        gone = [number for number in self._touched if number in self._stored and number not in self._timers]
        await work.put(TIMERS, [timer_document(timer, self._lane) | self._trace_of(timer) for timer in kept])
        await work.remove(TIMERS, gone)

    def _trace_of(self, timer: Timer) -> Document:
        return {"trace": self._traces[timer.number]} if timer.number in self._traces else {}


async def timers_due(reader: Reader, lane: int, at: datetime, limit: int) -> list[Document]:
    """Give the timers that are due at `at`, as they are stored, the longest due first."""
    return await reader.find(TIMERS, {"lane": lane}, upto=("next_at", at), limit=limit)


async def due_since(reader: Reader, lane: int, at: datetime) -> datetime | None:
    """Give since when the oldest timer that is due at `at` has been so, None if none is."""
    found = await timers_due(reader, lane, at, 1)
    return found[0]["next_at"] if found else None


class Told:
    """Notices that are out although no timer knows it: its hold is gone, or all timers are made anew."""

    def __init__(self, known: Collection[str]) -> None:
        self._known, self._new = set(known), dict[str, None]()

    @classmethod
    async def load(cls, work: Work, ids: Collection[str]) -> Self:
        """Read which of these are."""
        return cls(await work.get(TOLD, ids))

    def __contains__(self, id: str) -> bool:
        return id in self._known

    def add(self, id: str) -> None:
        """Note one more."""
        if id not in self._known:
            self._known.add(id)
            self._new[id] = None

    async def save(self, work: Work) -> None:
        """Write the new ones."""
        await remember_told(work, dict.fromkeys(self._new, real_milliseconds()))


async def remember_told(work: Work, notices: Mapping[str, int]) -> None:
    """Note notices that are out, with the real time of each, in Unix milliseconds."""
    await work.put(TOLD, [{"_id": id, "at": instant_of(timestamp)} for id, timestamp in notices.items()])


def timer_document(timer: Timer, lane: int) -> Document:
    """Give a timer as it is stored, `number` being the `_id`."""
    # Each firing reads and writes one: spelled out it takes half the time of a loop over the fields.
    holder = timer.holder
    document: Document = {
        "_id": timer.number,
        "lane": lane,
        "version": timer.version,
        "placed": timer.placed,
        "cause": timer.cause,
        "until": timer.until,
        "free_until": timer.free_until,
        "charged": timer.charged,
        "partner": timer.partner,
        "next_at": timer.next_at,
        "attempt": timer.attempt,
        "holder": None if holder is None else {"org": holder.org, "kind": holder.kind},
        "told": list(timer.told),
    }
    if timer.again is not None:
        document["again"] = timer.again
    return document


def timer_from(document: Document) -> Timer:
    """Read a timer as it was stored."""
    holder = document["holder"]
    return Timer(
        document["_id"],
        document["version"],
        document["placed"],
        document["cause"],
        document["until"],
        document["free_until"],
        document["charged"],
        None if holder is None else Holder(holder["org"], holder["kind"]),
        document["partner"],
        document["next_at"],
        tuple(document["told"]),
        document["attempt"],
        document.get("again"),
    )
