"""What a service has said itself since its documents were made is passed over when it comes back."""

from pathlib import Path

import pytest

from contracts.message import Message
from contracts.topics import LIFECYCLE_EVENTS
from services.chassis.batch import Echo, Item, Sorter
from services.chassis.echoes import Echoes
from services.chassis.fence import Fence, first_fence
from services.chassis.reading import Reading
from services.chassis.records import Lot, Record
from services.chassis.service import Input

BORN = 1_000
NOTICE = (Path(__file__).parents[3] / "contracts/examples/hold.expiring.json").read_bytes()


async def sorted_(record: Record, born: int | None) -> Item:
    """Let lifecycle-timer sort a record of its own topic, all of whose lanes were born with this batch."""
    source, echoes = Input(LIFECYCLE_EVENTS, handle=None, echoes=True), Echoes("lifecycle-timer")  # type: ignore[arg-type]

    async def fence_of(lot: Lot) -> Fence | None:
        return None if lot.topic == "unknown" else Fence("", 1, 2_000, 0, born=born)

    sorter = Sorter(Reading(source), homed=False, partitions=8, echoes=echoes)
    assert isinstance(sorter.sort(record).found, Message), "whoever is not known yet is read"
    await echoes.learn(fence_of)
    return sorter.sort(record)


def record(writer: bytes, seq: bytes) -> Record:
    headers = (("nb-writer", writer), ("nb-seq", seq))
    return Record(LIFECYCLE_EVENTS.name, 3, 7, 0, b"+6531580001", NOTICE, headers)


async def test_what_it_said_in_its_present_life_is_an_echo() -> None:
    item = await sorted_(record(b"lifecycle-timer/inventory.events/3", b"1000.4"), BORN)
    assert item.found == Echo()
    assert (item.writer, item.seq) == ("lifecycle-timer/inventory.events/3", (1000, 4))


@pytest.mark.parametrize(
    ("writer", "seq", "born"),
    [
        (b"lifecycle-timer/inventory.events/3", b"999.4", BORN),  # before its documents were made
        (b"notification/inventory.events/3", b"1000.4", BORN),  # said by another
        (b"lifecycle-timer/unknown/3", b"1000.4", BORN),  # by a lane that has no fence
        (b"lifecycle-timer/inventory.events/\xff", b"1000.4", BORN),  # by a stranger
        (b"lifecycle-timer/", b"1000.4", BORN),
        (b"lifecycle-timer/inventory.events/3", b"1000.4", None),  # a fence of a release that noted no birth
    ],
)
async def test_everything_else_is_read(writer: bytes, seq: bytes, born: int | None) -> None:
    assert isinstance((await sorted_(record(writer, seq), born)).found, Message)


def test_a_fence_keeps_its_birth() -> None:
    fence = first_fence("lifecycle-timer/lifecycle.events/3", 0)
    later = fence.advanced(5, None, (), {})
    assert Fence.from_document(later.document()).born == fence.batch
    assert Fence.from_document({**later.document(), "born": None}).born is None
