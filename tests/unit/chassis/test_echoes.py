"""What a service has said itself since its documents were made is passed over when it comes back."""

from pathlib import Path

import pytest

from contracts.message import Message
from contracts.topics import LIFECYCLE_EVENTS
from services.chassis.batch import Echo, Sorter
from services.chassis.fence import Fence, first_fence
from services.chassis.reading import Reading
from services.chassis.records import Record
from services.chassis.service import Input

BORN = 1_000
NOTICE = (Path(__file__).parents[3] / "contracts/examples/hold.expiring.json").read_bytes()


@pytest.fixture
def sorter() -> Sorter:
    """Give one of lifecycle-timer, for its own events."""
    source = Input(LIFECYCLE_EVENTS, handle=None, echoes=True)  # type: ignore[arg-type]
    return Sorter(Reading(source), homed=False, partitions=8, own="lifecycle-timer/")


def record(writer: bytes, seq: bytes) -> Record:
    headers = (("nb-writer", writer), ("nb-seq", seq))
    return Record(LIFECYCLE_EVENTS.name, 3, 7, 0, b"+6531580001", NOTICE, headers)


def test_what_it_said_in_its_present_life_is_an_echo(sorter: Sorter) -> None:
    item = sorter.sort(record(b"lifecycle-timer/inventory.events/3", b"1000.4"), BORN)
    assert item.found == Echo()
    assert (item.writer, item.seq) == ("lifecycle-timer/inventory.events/3", (1000, 4))


@pytest.mark.parametrize(
    ("writer", "seq", "born"),
    [
        (b"lifecycle-timer/inventory.events/3", b"999.4", BORN),  # before its documents were made
        (b"notification/inventory.events/3", b"1000.4", BORN),  # said by another
        (b"lifecycle-timer/inventory.events/3", b"1000.4", None),  # a fence of a release that noted no birth
    ],
)
def test_everything_else_is_read(sorter: Sorter, writer: bytes, seq: bytes, born: int | None) -> None:
    assert isinstance(sorter.sort(record(writer, seq), born).found, Message)


def test_a_fence_keeps_its_birth() -> None:
    fence = first_fence("lifecycle-timer/lifecycle.events/3", 0)
    later = fence.advanced(5, None, (), {})
    assert Fence.from_document(later.document()).born == fence.batch
    assert Fence.from_document({**later.document(), "born": None}).born is None
