"""How the views are read: the set that is live, and in bounded time."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from services.chassis.errors import StoreTrouble
from services.chassis.ports import Document, Viewer
from services.gateway.domain import WrongSearch
from services.gateway.store import Views, live_views

PATIENCE = 10.0  # seconds that a search may take
REMEMBERED = 1.0  # seconds after which the live set of views is looked up again, beside those who read
BELIEVED = 2.0  # seconds after which they wait for that
GRACE = BELIEVED + PATIENCE + 1  # seconds after which nobody reads a set that is not live any longer


@dataclass
class _Seen:
    views: Views
    looked: float
    looking: "asyncio.Task[None] | None" = None


_SEEN: WeakKeyDictionary[Viewer, _Seen] = WeakKeyDictionary()  # by who reads


async def read_by(viewer: Viewer) -> Views:
    """Give the set of views that is read, looked up every second or two; one that is so no longer stands for `GRACE`.

    All who read with the same viewer turn to another set at one moment: so whoever has found the outcome of a command
    in a set finds the number that it changed there too. Where viewers take turns, this is asked when it is one's turn.
    """
    seen, now = _SEEN.get(viewer), asyncio.get_running_loop().time()
    if seen is None or now - seen.looked >= BELIEVED:
        return await _looked_up(viewer)
    if now - seen.looked >= REMEMBERED and (seen.looking is None or seen.looking.done()):
        seen.looking = asyncio.create_task(_look_beside(viewer), name="live views")
    return seen.views


async def _looked_up(viewer: Viewer) -> Views:
    now = asyncio.get_running_loop().time()
    views = await live_views(viewer)
    seen = _SEEN.setdefault(viewer, _Seen(views, now))
    if seen.looked <= now:  # else somebody who began later was faster
        seen.views, seen.looked = views, now
    return seen.views


async def _look_beside(viewer: Viewer) -> None:
    with suppress(StoreTrouble):  # the next who has to wait hears of it
        await _looked_up(viewer)


def answered(found: list[Document] | None, seconds: float) -> list[Document]:
    """Give what was found. Raises `WrongSearch` for what took longer than `seconds`."""
    if found is None:
        raise WrongSearch(
            f"This search takes longer than {seconds:g} s, since most numbers would have to be looked at; add an "
            "owner, a subscription, a state, or the beginning of the number."
        )
    return found
