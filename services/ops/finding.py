"""What the gateway's views know of numbers, for people at the command line: they may manage, so they see all."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from services.chassis.errors import StoreTrouble, Unusable
from services.gateway.domain import OPERATOR, Search
from services.gateway.finding import Facets, Finder
from services.ops.settings import ClientSettings


class Found(NamedTuple):
    """A page, and counts if they were asked for."""

    numbers: list[dict[str, Any]]
    next: str | None
    facets: Facets | None


@contextmanager
def finder_at(settings: ClientSettings, besides: str = "") -> Iterator[Finder]:
    """Open the views. Raises `WrongSetting`, and `Unusable` with what to do `besides`, while MongoDB is away."""
    from services.chassis.mongo import MongoStore

    store = MongoStore(settings.mongo_url(), "gateway")
    try:
        yield Finder(store)
    except StoreTrouble as error:
        raise Unusable(f"MongoDB cannot be used ({error}); start it, or correct MONGODB_URL{besides}.") from None
    finally:
        store.close()


async def find_numbers(
    settings: ClientSettings, search: Search, limit: int, cursor: str | None, *, facets: bool
) -> Found:
    """Give a page of a search. Raises `Unusable`, `WrongSetting`, `WrongSearch`."""
    with finder_at(settings) as finder:
        page = await finder.page(search, OPERATOR, limit=limit, cursor=cursor)
        counts = await finder.facets(search, OPERATOR) if facets else None
    return Found(page.numbers, page.next, counts)
