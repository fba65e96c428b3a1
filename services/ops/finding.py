"""What the gateway's views know of numbers, for people at the command line: they may manage, so they see all."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from contracts.fields import parse_instant
from services.chassis.errors import StoreTrouble, Unusable
from services.chassis.ports import Viewer
from services.gateway.domain import OPERATOR, Search
from services.gateway.finding import Facets, Finder
from services.gateway.past import Historian
from services.ops.settings import ClientSettings


class Found(NamedTuple):
    """A page, and counts if they were asked for."""

    numbers: list[dict[str, Any]]
    next: str | None
    facets: Facets | None


@contextmanager
def views_at(settings: ClientSettings, besides: str = "") -> Iterator[Viewer]:
    """Open the views. Raises `WrongSetting`, and `Unusable` with what to do `besides`, while MongoDB is away."""
    from services.chassis.mongo import MongoStore

    store = MongoStore(settings.mongo_url(), "gateway")
    try:
        yield store
    except StoreTrouble as error:
        raise Unusable(f"MongoDB cannot be used ({error}); start it, or correct MONGODB_URL{besides}.") from None
    finally:
        store.close()


async def find_numbers(
    settings: ClientSettings, search: Search, limit: int, cursor: str | None, *, facets: bool
) -> Found:
    """Give a page of a search. Raises `Unusable`, `WrongSetting`, `WrongSearch`."""
    with views_at(settings) as views:
        finder = Finder(views)
        page = await finder.page(search, OPERATOR, limit=limit, cursor=cursor)
        counts = await finder.facets(search, OPERATOR) if facets else None
    return Found(page.numbers, page.next, counts)


async def numbers_as_of(settings: ClientSettings, numbers: Sequence[str], at: str) -> dict[str, dict[str, Any]]:
    """Give how numbers stood at a time, those that were in the bank. Raises `Unusable`, `WrongSetting`."""
    moment = parse_instant(at)
    with views_at(settings) as views:
        historian = Historian(views)
        found = {number: await historian.as_of(number, moment, OPERATOR) for number in numbers}
    return {number: data for number, data in found.items() if data is not None}
