"""Changes on their way into many streams, without servers."""

from random import Random
from types import SimpleNamespace
from typing import Any

import orjson
import pytest

from contracts.topics import INVENTORY_EVENTS
from services.chassis.records import Record
from services.gateway.domain import OPERATOR, Asker
from services.gateway.http import changes
from services.gateway.http.changes import Wish, _events
from tests.unit.gateway.stock import drawn

ACME = Asker("acme", ("acme.example",))


def record(offset: int, **data: Any) -> Record:
    number = f"+65315{offset:05}"
    event = {
        "specversion": "1.0", "id": f"e{offset}", "source": "/inventory", "type": "number.updated", "subject": number,
        "data": drawn(Random(offset), number) | data,
    }  # fmt: skip
    return Record(INVENTORY_EVENTS.name, 0, offset, 0, number.encode(), orjson.dumps(event))


def told(records: list[Record], asker: Asker) -> list[Any]:
    parts = list(_events(records, [0], Wish(frozenset(), None, asker), {}))
    return [orjson.loads(part.partition(b"data: ")[2]) for part in parts]


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Give what was read of the topic, as it is read."""
    seen, adapter = list[bytes](), INVENTORY_EVENTS.adapter()

    def validate_json(value: bytes) -> Any:
        seen.append(value)
        return adapter.validate_json(value)

    monkeypatch.setattr(changes, "INVENTORY_EVENTS", SimpleNamespace(adapter=lambda: SimpleNamespace(
        validate_json=validate_json
    )))  # fmt: skip
    changes._read.cache_clear()
    return seen


def test_a_change_is_read_once_for_all_streams(read: list[bytes]) -> None:
    records = [record(offset) for offset in range(50)]
    records.append(records[-1]._replace(offset=50, value=b"garbage"))
    first = told(records, OPERATOR)
    for _ in range(10):
        assert told(list(map(_come_again, records)), OPERATOR) == first
    assert len(first) == 50
    assert len(read) == 50 + 11  # what is no event is not kept: it may be large


def test_each_stream_tells_of_a_change_what_its_asker_may_see(read: list[bytes]) -> None:
    held = record(1, state="reserved", holder={"org": "beta", "kind": "customer"}, visible_to=[], golden=False)
    for _ in range(2):
        [seen], [offered] = told([held], OPERATOR), told([held], ACME)
        assert (seen["data"]["holder"]["org"], offered["data"]["holder"]) == ("beta", None)
    assert told([record(2, golden=True, holder=None, state="available", hold=None, subscription=None)], ACME) == []


def _come_again(record: Record) -> Record:
    """Give a record as another stream reads it."""
    return record._replace(value=bytes(bytearray(record.value or b"")))
