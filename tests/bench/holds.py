"""Pending holds, as lifecycle-timer and inventory keep them, by the million."""

from collections.abc import Iterator
from datetime import UTC, datetime

from bson.raw_bson import RawBSONDocument

from services.chassis.partitions import home
from services.inventory.answered import digest_of, with_answer
from services.inventory.domain import Attributes, Hold, Number
from services.inventory.domain import Holder as Owner
from services.inventory.store import number_document
from services.lifecycle_timer.domain import Holder, Timer
from services.lifecycle_timer.store import timer_document
from tests.bench.bulk import Mould, instant, integer
from tests.bench.load import ADD, PARTITIONS

NUMBER = "+0000000000"  # stands in a model for any number
UNTIL, NEXT_AT = datetime(1999, 9, 9, 9, 9, 9, tzinfo=UTC), datetime(1998, 8, 8, 8, 8, 8, tzinfo=UTC)
LANE = 0x7EDCBA98
PLACED = 2  # the version that placed each of these holds


def number(index: int, series: int = 0) -> str:
    """Give one of ten million numbers of a series."""
    return f"+65{series}{index:07}"


def timers(ends: Iterator[tuple[str, datetime, datetime]], *, told: bool = False) -> Iterator[RawBSONDocument]:
    """Give timers by number, end, and when there is something to do."""
    timer = Timer(
        NUMBER, PLACED, PLACED, "manual", UNTIL, UNTIL, False, Holder("acme", "customer"), None, NEXT_AT,
        told=(UNTIL,) if told else (),
    )  # fmt: skip
    mould = Mould(timer_document(timer, LANE))
    for number, until, next_at in ends:
        yield mould.cast(
            (
                (NUMBER.encode(), number.encode()),
                (instant(UNTIL), instant(until)),
                (instant(NEXT_AT), instant(next_at)),
                (integer(LANE), integer(home(number, PARTITIONS))),
            )
        )


def reserved(ends: Iterator[tuple[str, datetime, datetime]], since: datetime) -> Iterator[RawBSONDocument]:
    """Give the reserved numbers that these timers belong to."""
    answered = with_answer(b"", digest_of("/bench", "add"), 0)
    held = Number(
        NUMBER, "reserved", "available", PLACED, since, Hold("manual", PLACED, UNTIL, UNTIL), Owner("acme"),
        remark="for the new office", attributes=Attributes(**ADD, number_type="fixed_line"),
    )  # fmt: skip
    mould = Mould(number_document(held, answered))
    for number, until, _ in ends:
        yield mould.cast(((NUMBER.encode(), number.encode()), (instant(UNTIL), instant(until))))


def available(numbers: Iterator[str], since: datetime) -> Iterator[RawBSONDocument]:
    """Give numbers that nobody has."""
    answered = with_answer(b"", digest_of("/bench", "add"), 0)
    free = Number(NUMBER, "available", None, 1, since, attributes=Attributes(**ADD, number_type="fixed_line"))
    mould = Mould(number_document(free, answered))
    for number in numbers:
        yield mould.cast(((NUMBER.encode(), number.encode()),))
