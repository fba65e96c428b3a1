"""Files and undone jobs become jobs, or the preview of one."""

import asyncio
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, BinaryIO, NamedTuple, TypeVar, cast

import orjson
from pydantic import Field, TypeAdapter, ValidationError

from contracts.fields import Name
from services.gateway.bulk.clerk import Clerk
from services.gateway.bulk.files.reading import ENDINGS, Reading
from services.gateway.bulk.jobs import Jobs, JobStore, NoSuchJob
from services.gateway.bulk.submitting import Order
from services.gateway.domain.cell import common_data
from services.gateway.domain.job import Job, WrongMove
from services.gateway.domain.plan import Plan
from services.gateway.domain.row import Refused, Row, WrongFile
from services.gateway.domain.verb import Verb, WrongData
from services.gateway.settings import BULK_DELETES, STRICT_NUMBERS
from services.ops.envelopes import SOURCE
from services.ops.faults import WrongUsage
from services.ops.finding import views_at
from services.ops.printing import printable
from services.ops.settings import StackSettings

T = TypeVar("T")
TOLD = 5_000  # rows between signs of how far the reading is


class BulkSettings(StackSettings):
    """What jobs at the command line take from their surroundings."""

    bulk_deletes: Annotated[int, Field(ge=0)] = BULK_DELETES
    strict_numbers: bool = STRICT_NUMBERS


class Wish(NamedTuple):
    """What is to be done with a file. `show`: told how many rows are read."""

    file: str
    format: str | None
    verb: Verb
    common: Mapping[str, Any]
    who: str
    force: bool
    show: Callable[[int], None]


@contextmanager
def jobs_at(settings: StackSettings) -> Iterator[Jobs]:
    """Open the jobs. Raises `WrongSetting`, `Unusable`, and `WrongUsage` for what cannot be done with a job."""
    with views_at(settings) as views:
        try:
            yield Jobs(cast(JobStore, views))
        except (NoSuchJob, WrongMove) as error:
            raise WrongUsage(f"{error}") from None


def with_jobs(settings: StackSettings, act: Callable[[Jobs], Any]) -> Any:
    """Do something with the jobs, from beginning to end."""

    async def acted() -> Any:
        with jobs_at(settings) as jobs:
            return await act(jobs)

    return asyncio.run(acted())


def who_asks(settings: StackSettings, actor: str | None) -> str:
    """Give who asks. Raises `WrongUsage` for what is no name."""
    who = actor or settings.actor or SOURCE
    try:
        return TypeAdapter(Name).validate_python(who)
    except ValidationError:
        raise WrongUsage("--actor must have 1 to 128 characters of UTF-8.") from None


def given_data(verb: Verb, pairs: Iterable[str]) -> dict[str, Any]:
    """Give the data of all rows from `FIELD=VALUE`. Raises `WrongUsage`."""
    fields = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise WrongUsage(f"--data {pair} must be FIELD=VALUE, such as remark='for the fair'.")
        fields[name] = value
    try:
        common = common_data(verb, fields)
        orjson.dumps(common)
        return common
    except TypeError:  # what a terminal has taken for text
        raise WrongUsage("--data holds bytes that are no text in UTF-8.") from None
    except WrongData as error:
        raise WrongUsage(f"--data: {error}") from None


async def order_file(settings: BulkSettings, wish: Wish, plan: str | None) -> tuple[Job, Reading]:
    """Make the job of a file. Raises `WrongFile`, `WrongUsage`, `Unusable`."""
    with jobs_at(settings) as jobs, _opened(wish) as reading:
        order, rows = _order(wish, plan), _told(reading, wish.show)
        return await clerk(settings, jobs).submit(order, rows, lambda: reading.sha256), reading


async def preview_file(settings: BulkSettings, wish: Wish) -> tuple[Plan, Reading]:
    """Give what a file would come to. Raises `WrongFile`, `WrongUsage`, `Unusable`."""
    with jobs_at(settings) as jobs, _opened(wish) as reading:
        return await clerk(settings, jobs).preview(_order(wish, None), _told(reading, wish.show)), reading


def clerk(settings: BulkSettings, jobs: Jobs) -> Clerk:
    """Give who takes orders."""
    return Clerk(jobs, settings.clock(), settings.bulk_deletes, settings.strict_numbers)


def _order(wish: Wish, plan: str | None) -> Order:
    name = printable(Path(wish.file).name)
    return Order(wish.verb, name, wish.who, wish.common, plan, force=wish.force)


@contextmanager
def _opened(wish: Wish) -> Iterator[Reading]:
    format = wish.format or ENDINGS.get(Path(wish.file).suffix.lower())
    if format is None:
        raise WrongUsage(f"{wish.file}: its name does not tell the format; say it with --format.")
    stream = _stream(wish.file)
    try:
        yield Reading(stream, format, wish.verb, wish.common)
    except WrongFile as error:
        raise type(error)(f"{wish.file}: {error}") from None
    except OSError as error:
        raise WrongUsage(f"{wish.file} cannot be read ({error.strerror or error}).") from None
    finally:
        stream.close()


def _stream(file: str) -> BinaryIO:
    if file == "-":
        return sys.stdin.buffer
    try:
        return open(file, "rb")
    except OSError as error:
        raise WrongUsage(f"{file} cannot be read ({error.strerror}); name a file, or - for standard input.") from None


def _told(rows: Iterable[Row | Refused], show: Callable[[int], None]) -> Iterator[Row | Refused]:
    for many, row in enumerate(rows, 1):
        if many % TOLD == 0:
            show(many)
        yield row
