"""All that a search finds, page by page, in the order of numbers.

The promise: a number comes at most once, and each is as it was at one moment of the walk. What fits from the beginning
of the walk to its end comes exactly once, however it changes; what begins or ceases to fit meanwhile may come or not.
"""

import asyncio
from collections.abc import AsyncGenerator
from datetime import UTC, datetime

from services.gateway.domain import Asker, Search
from services.gateway.finding import MOST, Finder, Page

_FIRST = datetime(1970, 1, 1, tzinfo=UTC)


def by_number(search: Search) -> Search:
    """Give the same search in the order of numbers, the only one in which nothing moves."""
    ends = search.sort == "until" and search.until_from is None  # that order has only holds that end
    changed = {"sort": "number", "descending": False} | ({"until_from": _FIRST} if ends else {})
    return search.model_copy(update=changed)


async def walk(finder: Finder, search: Search, asker: Asker, cursor: str | None = None) -> AsyncGenerator[Page, None]:
    """Give all pages from a cursor on; the next one is read while one is used. `search`: by number."""
    reading = asyncio.create_task(_read(finder, search, asker, cursor))
    try:
        while True:
            page = await reading
            if page.next is None:
                yield page
                return
            reading = asyncio.create_task(_read(finder, search, asker, page.next))
            await asyncio.sleep(0)  # it is asked before whoever uses this page keeps the loop busy
            yield page
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)


async def _read(finder: Finder, search: Search, asker: Asker, cursor: str | None) -> Page:
    return await finder.page(search, asker, limit=MOST, cursor=cursor, at_once=True)
