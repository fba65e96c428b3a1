"""lifecycle-timer on a desk: events in, what it says out, and a clock that is moved by hand."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from contracts.fields import format_instant
from contracts.message import Message
from contracts.policy import Policy
from contracts.topics import INVENTORY_COMMANDS, INVENTORY_EVENTS, LIFECYCLE_EVENTS
from services.chassis.clock import FrozenClock
from services.chassis.memory import MemoryDatabase, MemoryStore
from services.chassis.partitions import home
from services.chassis.work import Taken, Work
from services.lifecycle_timer.handlers import Lifecycle

NUMBER = "+6531580001"
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
ADAPTERS = {topic.name: topic.adapter() for topic in (INVENTORY_COMMANDS, INVENTORY_EVENTS, LIFECYCLE_EVENTS)}
PARTITIONS = 8


def hold(days: float | None = 28, *, placed: int = 2, cause: str = "manual", **others: Any) -> dict[str, Any]:
    """A hold that ends so many days after noon; None: for ever."""
    until = None if days is None else format_instant(NOON + timedelta(days=days))
    fields = {"cause": cause, "placed": placed, "until": until, "free_until": until, "charged": False}
    return {**fields, "did_reservation": None, "subscription": None, **others}


def number_event(type: str = "number.reserved", version: int = 2, **others: Any) -> Message:
    """What inventory says after a change; reserved for acme by default."""
    data = {
        "number": NUMBER, "state": "reserved", "previous": "available", "version": version,
        "since": format_instant(NOON), "hold": hold(), "holder": {"org": "acme", "kind": "customer"},
        "subscription": None, "remark": None, "reason": None, "vendor": "v1", "country": "SG", "sku": "sg-local",
        "number_type": "voip", "capabilities": ["voice"], "routing": None, "golden": False, "ported_in": False,
        "visible_to": [], "partner": None,
    }  # fmt: skip
    return event(type, {**data, **others}, id=f"event-{version}")


def reserved(days: float | None = 28, version: int = 2, **others: Any) -> Message:
    return number_event("number.reserved", version, hold=hold(days, placed=version), **others)


def locked(days: float | None = 28, version: int = 2, **others: Any) -> Message:
    the_hold = hold(days, placed=version, cause="locked")
    return number_event("number.locked", version, state="locked", holder=None, hold=the_hold, **others)


def extended(days: float, version: int = 3, *, free: float = 28, placed: int = 2) -> Message:
    free_until = format_instant(NOON + timedelta(days=free))
    charged = hold(days, placed=placed, free_until=free_until, charged=True, did_reservation="R-1")
    return number_event("number.reservation_extended", version, hold=charged)


def updated(version: int = 3, **others: Any) -> Message:
    return number_event("number.updated", version, **others)


def released(version: int = 3, reason: str = "reservation_expired", **others: Any) -> Message:
    gone = {"state": "available", "previous": "reserved", "hold": None, "holder": None, "reason": reason}
    return number_event("number.released", version, **{**gone, **others})


def restored(version: int = 4, days: float | None = 28, **others: Any) -> Message:
    """The reservation of version 2, which somebody has released by mistake, is back."""
    return number_event("number.restored", version, **{"hold": hold(days), **others})


def rejected(command_id: str, code: str = "hold_not_due") -> Message:
    data = {"command": "number.expire", "code": code, "message": "not yet", "state": "reserved", "version": 2}
    return event("command.rejected", data, id=f"rejection-{command_id}", causationid=command_id)


def event(type: str, data: Mapping[str, Any], **attributes: Any) -> Message:
    envelope = {"specversion": "1.0", "source": "/inventory", "subject": NUMBER, "time": format_instant(NOON)}
    message: Message = ADAPTERS[INVENTORY_EVENTS.name].validate_python(
        {**envelope, **attributes, "type": type, "data": data}, strict=False
    )
    return message


class Desk:
    """The service with the doubles of the chassis; what it says is read by its contract."""

    def __init__(self, clock: FrozenClock, policy: Policy | None = None) -> None:
        self.clock, self.store = clock, MemoryStore(MemoryDatabase(), "lifecycle-timer")
        self.lifecycle = Lifecycle(clock, (policy or Policy.shipped()).notice_of)
        self.lane = home(NUMBER, PARTITIONS)

    async def hears(self, *messages: Message, timestamp: int = 0) -> list[Message]:
        """Handle one batch of inventory's events."""
        return await self._works(self.lifecycle.follow, [Taken(message, timestamp) for message in messages])

    async def rereads(self, *messages: Message, timestamp: int = 0) -> None:
        """Handle one batch of its own notices."""
        await self._works(self.lifecycle.remember, [Taken(message, timestamp) for message in messages])

    async def fires(self) -> list[Message]:
        """Do page by page what is due, as the lane does."""
        at, said = self.clock.now(), []
        for _ in range(10):
            due = await self.lifecycle.due(self.store, self.lane, at)
            if not due:
                return said
            said += await self._works(self.lifecycle.settle, due)
        raise AssertionError("it never comes to an end")

    async def passes(self, **period: float) -> list[Message]:
        """Let time pass, then do what is due."""
        self.clock.pass_(timedelta(**period))
        return await self.fires()

    async def timer(self) -> dict[str, Any] | None:
        """Look at the document of the number's timer."""
        return (await self.store.get("timers", [NUMBER])).get(NUMBER)

    async def _works(self, handle: Any, batch: Sequence[Any]) -> list[Message]:
        async with self.store.transaction() as transaction:
            work = Work(transaction, self.clock.now(), self.lane, "/lifecycle-timer", lambda _: PARTITIONS)
            await handle(work, batch)
        assert all(record.partition == self.lane for record in work.out)
        return [ADAPTERS[record.topic].validate_json(record.value or b"") for record in work.out]


def in_short(messages: Sequence[Message]) -> list[tuple[str, Any]]:
    """Type and days left, or type and the version of the hold, of what was said."""
    return [(m.type, m.data.days_left if "hold" in m.type else m.data.placed) for m in messages]  # type: ignore[attr-defined]
