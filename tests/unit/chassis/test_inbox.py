"""What waits for a lane is read ahead, a little at a time, in order."""

import asyncio

import pytest

from services.chassis.batch import Item
from services.chassis.inbox import MOST_RECORDS, Inbox
from services.chassis.reading import Skipped
from services.chassis.records import Record
from services.chassis.work import BREATH


def records(many: int, size: int = 1) -> list[Record]:
    return [Record("t", 0, offset, 0, None, b"x" * size) for offset in range(many)]


def read(record: Record) -> Item:
    return Item(record, Skipped("t"))


async def turns(many: int) -> None:
    for _ in range(many):
        await asyncio.sleep(0)


async def test_records_are_read_a_breath_at_a_time_while_nobody_asks():
    seen: list[int] = []
    inbox = Inbox(lambda record: seen.append(record.offset) or read(record))
    inbox.put(records(2 * BREATH))
    assert seen == []
    await turns(1)
    assert len(seen) == BREATH
    await turns(1)
    assert seen == list(range(2 * BREATH))


async def test_a_batch_is_all_that_has_come_or_a_whole_one():
    inbox = Inbox(read)
    inbox.put(records(MOST_RECORDS + 2 * BREATH))
    await turns(1)
    assert inbox.take() == []  # more is about to be read
    await turns(MOST_RECORDS // BREATH)
    assert [item.record.offset for item in inbox.take()] == list(range(MOST_RECORDS))
    await turns(2)
    assert len(inbox.take()) == 2 * BREATH


async def test_no_more_is_read_ahead_than_the_next_batch():
    seen: list[int] = []
    inbox = Inbox(lambda record: seen.append(record.offset) or read(record))
    inbox.put(records(3 * MOST_RECORDS))
    await turns(50)
    assert len(seen) == MOST_RECORDS
    assert (inbox.full, inbox.low) == (True, False)


async def test_a_batch_ends_where_its_bytes_do():
    inbox = Inbox(read)
    inbox.put(records(3, size=3 * 1024 * 1024))
    await inbox.wait(5)
    assert [len(inbox.take()), len(inbox.take()), len(inbox.take()), len(inbox.take())] == [1, 1, 1, 0]


async def test_what_was_forgotten_is_not_taken():
    inbox = Inbox(read)
    inbox.put(records(10))
    inbox.clear()
    await turns(2)
    assert inbox.take() == []
    assert (len(inbox), inbox.low) == (0, True)


async def test_a_defect_of_reading_meets_whoever_takes():
    def broken(record: Record) -> Item:
        raise KeyError(record.offset)

    inbox = Inbox(broken)
    inbox.put(records(1))
    await inbox.wait(5)
    with pytest.raises(KeyError):
        inbox.take()
