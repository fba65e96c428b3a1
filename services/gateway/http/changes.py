"""Changes of numbers as they happen, as server-sent events (WHATWG HTML), read from inventory's topic itself.

Kafka keeps the records and whoever reads keeps the place; so a stream costs the gateway a connection, and its share of
reading.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import Any, NamedTuple

import orjson
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from contracts.inventory import NumberEvent
from contracts.topics import INVENTORY_EVENTS
from contracts.writing import canonical, written_in
from services.chassis.records import Record
from services.gateway.domain import Asker, Token, read_place, written_place
from services.gateway.http.desk import Desk
from services.gateway.http.offer import Offer, Parameter
from services.gateway.http.problems import UNKNOWN_PLACE, Problem, invalid
from services.gateway.http.reading import only, queried
from services.gateway.http.streaming import Parts, Slots, started
from services.gateway.showing import shown_event

log = logging.getLogger(__name__)

LOOK = 1.0  # seconds after which a stream looks whether it is to end
HEARTBEAT = 15.0  # seconds after which a silent stream tells its place, so that dead connections are found
RETRY = 2000  # milliseconds after which a client that lost its stream opens another
EACH = 5  # streams of a token in a process
MOST_NUMBERS = 1_000  # that one stream follows by name
PARSED = 1_024  # changes that are kept as they were read: streams read the same ones at about the same time
REMEMBERED = 10_000  # numbers whose last version a stream knows: inventory may tell a change twice after a fault
_NUMBER: Parameter = {
    "name": "number", "in": "query", "description": "only of these numbers; repeated or with commas",
    "schema": {"type": "array", "items": {"type": "string"}, "maxItems": MOST_NUMBERS},
    "style": "form", "explode": True,
}  # fmt: skip
_OWNER: Parameter = {
    "name": "owner", "in": "query", "description": "only of numbers that this org then holds; an org names itself",
    "schema": {"type": "string", "minLength": 1, "maxLength": 128},
}  # fmt: skip
_LAST: Parameter = {
    "name": "Last-Event-ID", "in": "header", "description": "the id of the last event that was read: goes on behind it",
    "schema": {"type": "string"},
}  # fmt: skip


class Change(NamedTuple):
    """A change, and its data as JSON has it: shared by all streams, so nobody may alter it."""

    event: NumberEvent
    data: dict[str, Any]


class Wish(NamedTuple):
    """Whose changes are followed: of these numbers, if any, and of this owner, if any."""

    numbers: frozenset[str]
    owner: str | None
    asker: Asker

    def wants(self, change: Change) -> bool:
        """Tell whether a change is of what is followed, and for the asker to see."""
        holder = change.event.data.holder
        return (
            (not self.numbers or change.event.subject in self.numbers)
            and (self.owner is None or (holder is not None and holder.org == self.owner))
            and self.asker.may_see(change.data)
        )


class Changes:
    """Lets programs follow changes."""

    def __init__(self, desk: Desk) -> None:
        self._desk, self._slots = desk, Slots(desk.streams, EACH, "changes", desk.figures.streams)

    async def follow(self, request: Request, token: Token) -> Response:
        """Answer with changes from now on, or from behind the last one that was read."""
        asked = queried(request, ("number", "owner"))
        try:
            numbers = frozenset(map(canonical, written_in(asked.get("number", ()))))
        except ValueError as error:
            raise invalid("number", f"{error}".removesuffix(".")) from None
        if len(numbers) > MOST_NUMBERS:
            raise invalid("number", f"names {len(numbers)} numbers; name at most {MOST_NUMBERS}, or none")
        last = request.headers.get("last-event-id")
        place = None if last is None else read_place(last)
        if last is not None and place is None:
            raise _no_place()
        wish = Wish(numbers, self._owner(only(asked, "owner"), token), token.asker)
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return await started(request, self._parts(wish, token, place), "text/event-stream", headers)

    def _owner(self, owner: str | None, token: Token) -> str | None:
        """Give the owner that is followed. Raises `Problem`: whether something comes would tell what others hold."""
        if owner is None or token.asker.may_manage or owner == token.org:
            return owner
        raise self._desk.admission.refused(token, "owner must be the org of the token: what others hold is not told.")

    async def _parts(self, wish: Wish, token: Token, place: Sequence[int] | None) -> Parts:
        now = asyncio.get_running_loop().time
        with self._slots.taken(token.id):
            async with self._desk.follower() as follower, self._watched(token) as watching:
                offsets = await follower.begin(place)
                if offsets is None:
                    raise _no_place()
                yield b"retry: %d\n" % RETRY + _heartbeat(offsets)
                told, known = now(), dict[str, int]()
                while not (self._desk.closing.is_set() or watching.done()):
                    part = b"".join(_events(await follower.read(LOOK), offsets, wish, known))
                    if not part and now() - told < HEARTBEAT:
                        continue
                    yield part or _heartbeat(offsets)
                    told = now()

    @asynccontextmanager
    async def _watched(self, token: Token) -> AsyncIterator["asyncio.Task[None]"]:
        """Look beside the stream whether its token still stands: the database may be slow, or away."""
        watching = asyncio.create_task(self._until_ended(token))
        try:
            yield watching
        finally:
            watching.cancel()

    async def _until_ended(self, token: Token) -> None:
        while True:
            await asyncio.sleep(LOOK)
            if not await self._desk.admission.stands(token):
                return

    def offers(self) -> tuple[Offer, ...]:
        """Give what may be asked."""
        return (
            Offer(
                "GET", "/changes", self.follow, "read", "Follow changes", {200: None}, (_NUMBER, _OWNER, _LAST),
                media=("text/event-stream",),
                about="Server-sent events, one for each change: `event` is its type, `data` the event of inventory. "
                "With `Last-Event-ID` the stream goes on behind that event, with no gap and nothing twice. "
                "Events do not say who held a number before: with `owner`, that this org has let one go is not told.",
            ),
        )  # fmt: skip


def _events(records: Sequence[Record], offsets: list[int], wish: Wish, known: dict[str, int]) -> Iterator[bytes]:
    """Give the events of those records that are wanted; `offsets` and `known` go on."""
    for record in records:
        offsets[record.partition] = record.offset + 1
        change = _change(record)
        if change is None or known.get(change.event.subject, 0) >= change.event.data.version:
            continue
        if wish.wants(change):
            event, data = change
            _note(known, event)
            told = orjson.dumps(shown_event(event, data, wish.asker))
            yield b"id: %b\nevent: %b\ndata: %b\n\n" % (written_place(offsets).encode(), event.type.encode(), told)


def _change(record: Record) -> Change | None:
    """Give the change that a record tells of; None for what is none."""
    try:
        return _read(record.value or b"")
    except ValidationError:
        return None  # of a type to come, or not inventory's: the lanes say so


@lru_cache(PARSED)
def _read(value: bytes) -> Change | None:
    """Read an event, once for all streams that come by it. Raises `ValidationError`, so that no garbage is kept."""
    event = INVENTORY_EVENTS.adapter().validate_json(value)
    return Change(event, event.data.model_dump(mode="json")) if isinstance(event, NumberEvent) else None


def _note(known: dict[str, int], event: NumberEvent) -> None:
    if len(known) >= REMEMBERED and event.subject not in known:
        known.pop(next(iter(known)))
    known[event.subject] = event.data.version


def _heartbeat(offsets: Sequence[int]) -> bytes:
    """Tell a place without an event: a client that comes back need not read again what was not for it."""
    return b"id: %b\n\n" % written_place(offsets).encode()


def _no_place() -> Problem:
    return Problem(
        UNKNOWN_PLACE, "Last-Event-ID is no place in this stream; send the id of an event, or none to begin with now."
    )
