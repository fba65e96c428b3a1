"""Which holds are over, and which will be: from the timers of lifecycle-timer."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from contracts.fields import format_instant
from services.lifecycle_timer.domain import Timer
from services.lifecycle_timer.store import TIMERS, timer_from
from services.ops.database import database
from services.ops.settings import ClientSettings

A_DAY = timedelta(days=1)
WITHIN = ("overdue", "within_24h", "within_7d", "later")


class Ends(NamedTuple):
    """How many holds for one cause are over and not ended, and when the others will be over."""

    cause: str
    overdue: int
    within_24h: int
    within_7d: int
    later: int


class Due(NamedTuple):
    """The timers at one moment. `oldest`: the hold that is over for the longest time; `next`: what is done next."""

    now: datetime
    causes: list[Ends]
    oldest: Timer | None
    next: list[Timer]

    @property
    def total(self) -> Ends:
        """Sum up over all causes."""
        return Ends("all", *(sum(getattr(each, name) for each in self.causes) for name in WITHIN))


async def due(settings: ClientSettings, several: int) -> Due:
    """Give what is due by the clock that is set, and the next `several` timers. Raises `Unusable`, `WrongSetting`."""
    now = settings.clock().now()
    async with database(settings) as db:
        timers = db[f"lifecycle-timer.{TIMERS}"]
        causes = [
            Ends(each["_id"], *(each[name] for name in WITHIN)) async for each in await timers.aggregate(_by_cause(now))
        ]
        oldest = await timers.find_one({"until": {"$lte": now}}, sort=[("until", 1), ("_id", 1)])
        next = await timers.find({}, sort=[("next_at", 1), ("_id", 1)], limit=several).to_list(None) if several else []
    return Due(now, causes, None if oldest is None else timer_from(oldest), [timer_from(each) for each in next])


def described(timer: Timer, now: datetime) -> dict[str, Any]:
    """Give a timer for programs: of which hold, and what it does next."""
    return {
        "number": timer.number,
        "cause": timer.cause,
        "placed": timer.placed,
        "until": format_instant(timer.until),
        "holder": None if timer.holder is None else timer.holder._asdict(),
        "next_at": format_instant(timer.next_at),
        "does": "end" if timer.is_told else "announce",
        "due": timer.next_at <= now,
        "attempt": timer.attempt,
    }


def _by_cause(now: datetime) -> list[Mapping[str, Any]]:
    day, week = now + min(A_DAY, _left(now)), now + min(7 * A_DAY, _left(now))
    until: dict[str, Any] = {
        "overdue": {"$lte": ["$until", now]},
        "within_24h": {"$and": [{"$gt": ["$until", now]}, {"$lte": ["$until", day]}]},
        "within_7d": {"$and": [{"$gt": ["$until", day]}, {"$lte": ["$until", week]}]},
        "later": {"$gt": ["$until", week]},
    }
    sums = {name: {"$sum": {"$cond": [condition, 1, 0]}} for name, condition in until.items()}
    return [{"$group": {"_id": "$cause", **sums}}, {"$sort": {"_id": 1}}]


def _left(now: datetime) -> timedelta:
    return datetime.max.replace(tzinfo=now.tzinfo) - now
