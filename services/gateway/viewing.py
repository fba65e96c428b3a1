"""How the views are read: the set that is live, and in bounded time."""

import asyncio
from weakref import WeakKeyDictionary

from services.chassis.ports import Document, Viewer
from services.gateway.domain import WrongSearch
from services.gateway.store import SETS, Views, live_views

PATIENCE = 10.0  # seconds that a search may take
REMEMBERED = 1.0  # seconds that the live set of views is taken to be the same


_SEEN: WeakKeyDictionary[Viewer, tuple[Views, float]] = WeakKeyDictionary()  # by who reads: which, and when looked up


async def read_by(viewer: Viewer) -> Views:
    """Give the set of views that is read, looked up once a second; one that is no longer read stands a while longer.

    All who read with the same viewer turn to another set at one moment: so whoever has found the outcome of a command
    in a set finds the number that it changed there too.
    """
    now = asyncio.get_running_loop().time()
    views, looked = _SEEN.get(viewer, (SETS["a"], -REMEMBERED))
    if now - looked >= REMEMBERED:
        views = await live_views(viewer)
        _SEEN[viewer] = views, now
    return views


def answered(found: list[Document] | None, seconds: float) -> list[Document]:
    """Give what was found. Raises `WrongSearch` for what took longer than `seconds`."""
    if found is None:
        raise WrongSearch(
            f"This search takes longer than {seconds:g} s, since most numbers would have to be looked at; add an "
            "owner, a subscription, a state, or the beginning of the number."
        )
    return found
