"""A document and an event as inventory writes them, so that the ceiling moves the same bytes."""

from datetime import UTC, datetime, timedelta
from typing import Any, cast

from contracts.inventory import ReserveNumber
from contracts.topics import INVENTORY_EVENTS
from services.chassis.ports import Document, Transaction
from services.chassis.records import Outgoing
from services.chassis.work import Work
from services.inventory.answered import digest_of, with_answer
from services.inventory.domain import Attributes, Hold, Holder, Number
from services.inventory.events import number_data
from services.inventory.store import number_document
from tests.bench.load import ADD, PARTITIONS, RESERVE

AT = datetime(2026, 3, 1, tzinfo=UTC)
SUBJECT = "+6531000000"


def sample() -> tuple[Document, Outgoing]:
    """Give a reserved number as it is stored after three commands, and the event that says so."""
    until = AT + timedelta(days=28)
    number = Number(SUBJECT, "available", None, 3, AT, attributes=Attributes(**ADD, number_type="fixed_line")).became(
        "reserved",
        AT,
        hold=Hold("manual", 4, until, until),
        holder=Holder(**RESERVE["holder"]),
        remark=RESERVE["remark"],
    )
    answered = b""
    for ordinal in range(3):
        answered = with_answer(answered, digest_of("/bench", str(ordinal)), ordinal)
    return number_document(number, answered), _event(number)


def _event(number: Number) -> Outgoing:
    cause: dict[str, Any] = {"specversion": "1.0", "id": "command-00000000", "source": "/bench", "subject": SUBJECT}
    command = ReserveNumber.model_validate({**cause, "type": "number.reserve", "data": RESERVE})
    work = Work(cast(Transaction, None), AT, 0, "/inventory", lambda topic: PARTITIONS)
    work.emit(INVENTORY_EVENTS.name, "number.reserved", SUBJECT, number_data(number), cause=command)
    return work.out[0]
