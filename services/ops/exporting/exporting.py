"""What a search finds, written into a file, noted as it goes."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from services.gateway.domain import OPERATOR, Search, WrongSearch
from services.gateway.export.formats import FORMATS
from services.gateway.export.walk import by_number, walk
from services.gateway.finding import Facets, Finder
from services.ops.exporting.unfinished import Reached, Unfinished
from services.ops.faults import WrongUsage
from services.ops.finding import views_at
from services.ops.settings import ClientSettings

NOTED = 1.0  # seconds between notes of how far it is


class Wish(NamedTuple):
    """What is to be exported, and whereto."""

    search: Search
    asked: str  # the same before a preset was turned into times: it tells whether an export goes on
    format: str
    output: Path
    anew: bool = False
    replace: bool = False


class Step(NamedTuple):
    """How far it is. `total` may be too small where it is `approximate`."""

    rows: int
    total: int
    approximate: bool


class Exported(NamedTuple):
    """A file that is complete. `resumed_at`: rows that were there already."""

    rows: int
    bytes: int
    resumed_at: int


async def export_numbers(settings: ClientSettings, wish: Wish, show: Callable[[Step], None]) -> Exported:
    """Write the file. Raises `WrongUsage`, `WrongSetting`, `Unusable`."""
    kind = FORMATS[wish.format]
    with views_at(settings, "; the same command goes on from there" if kind.goes_on else "") as views:
        file = Unfinished(
            wish.output, wish.format, wish.asked, goes_on=kind.goes_on, anew=wish.anew, replace=wish.replace
        )
        try:
            return await _filled(Finder(views), wish, file, show)
        except WrongSearch as error:
            raise WrongUsage(f"{wish.output}.part: {error} Of an export: or begin it again with --anew.") from None
        except OSError as error:
            raise WrongUsage(
                f"--output: {wish.output}.part cannot be written ({error.strerror}); make room, or name another file."
            ) from None
        finally:
            file.close()


async def _filled(finder: Finder, wish: Wish, file: Unfinished, show: Callable[[Step], None]) -> Exported:
    begun = file.reached
    search = by_number(Search.model_validate_json(begun.search) if begun.search else wish.search)
    writer = FORMATS[wish.format].open(file.stream)
    if begun.cursor is None:
        writer.begin()
    # The past is not counted.
    counted = await finder.facets(search, OPERATOR) if search.as_of is None else Facets(0, {}, approximate=True)
    now, noted, rows = asyncio.get_running_loop().time, 0.0, begun.rows
    async for page in walk(finder, search, OPERATOR, begun.cursor):
        writer.write(page.numbers)
        rows += len(page.numbers)
        if page.next is not None and now() - noted >= NOTED:
            file.note(Reached(page.next, rows, search.model_dump_json()))
            show(Step(rows, counted.total, counted.approximate))
            noted = now()
    writer.end()
    show(Step(rows, rows, approximate=False))
    return Exported(rows, file.finish(), begun.rows)
