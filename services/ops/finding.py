"""What the gateway's views know of numbers, for people at the command line: they may manage, so they see all."""

from typing import Any, NamedTuple

from services.chassis.errors import StoreTrouble, Unusable, WrongSetting
from services.gateway.domain import OPERATOR, Search
from services.gateway.finding import Facets, Finder
from services.ops.settings import ClientSettings


class Found(NamedTuple):
    """A page, and counts if they were asked for."""

    numbers: list[dict[str, Any]]
    next: str | None
    facets: Facets | None


async def find_numbers(
    settings: ClientSettings, search: Search, limit: int, cursor: str | None, *, facets: bool
) -> Found:
    """Give a page of a search. Raises `Unusable`, `WrongSetting`, `WrongSearch`."""
    from services.chassis.mongo import MongoStore

    if settings.mongo is None:
        raise WrongSetting("MONGODB_URL is not set; it must name MongoDB, as it does for the services.")
    store = MongoStore(settings.mongo.get_secret_value(), "gateway")
    try:
        finder = Finder(store)
        page = await finder.page(search, OPERATOR, limit=limit, cursor=cursor)
        counts = await finder.facets(search, OPERATOR) if facets else None
    except StoreTrouble as error:
        raise Unusable(f"MongoDB cannot be used ({error}); start it, or correct MONGODB_URL.") from None
    finally:
        store.close()
    return Found(page.numbers, page.next, counts)
