"""How the views are read: the set that is live, and in bounded time."""

import asyncio
from dataclasses import dataclass
from weakref import ReferenceType, WeakKeyDictionary, ref

from services.chassis.ports import Document, Viewer
from services.gateway.domain import WrongSearch
from services.gateway.store import SETS, Views, live_views

PATIENCE = 10.0  # seconds that a search may take
REMEMBERED = 1.0  # seconds that the live set of views is taken to be the same


@dataclass
class LiveViews:
    """The set of views that is read, looked up once a second; a set that is no longer read stands a while longer."""

    viewer: "ReferenceType[Viewer]"
    _views: Views = SETS["a"]
    _looked: float = -REMEMBERED

    async def get(self) -> Views:
        """Give it."""
        now, viewer = asyncio.get_running_loop().time(), self.viewer()
        if viewer is not None and now - self._looked >= REMEMBERED:
            self._views, self._looked = await live_views(viewer), now
        return self._views


_LIVE: WeakKeyDictionary[Viewer, LiveViews] = WeakKeyDictionary()


def live_of(viewer: Viewer) -> LiveViews:
    """Give the same to all who read with this viewer: they turn to another set at one moment.

    So whoever has found the outcome of a command in a set finds the number that it changed there too.
    """
    return _LIVE.setdefault(viewer, LiveViews(ref(viewer)))


def answered(found: list[Document] | None, seconds: float) -> list[Document]:
    """Give what was found. Raises `WrongSearch` for what took longer than `seconds`."""
    if found is None:
        raise WrongSearch(
            f"This search takes longer than {seconds:g} s, since most numbers would have to be looked at; add an "
            "owner, a subscription, a state, or the beginning of the number."
        )
    return found
