"""Our envelope and that of the CloudEvents SDK are the same one."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_kafka, to_binary, to_structured
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from contracts.generate import EXAMPLES, messages
from contracts.message import Message, Topic
from contracts.topics import INVENTORY_COMMANDS
from services.chassis.headers import published_headers
from services.chassis.reading import Reading, Unreadable
from services.chassis.records import Outgoing, Record
from services.chassis.service import Input

FORMAT = JSONFormat()
MODES = pytest.mark.parametrize("mode", [to_structured, to_binary])
OF_TYPE = {type: topic for type, _, topic in messages()}
ATTRIBUTES = {
    "id": "c-1",
    "source": "https://crm.example/orders?desk=2",
    "type": "number.reserve",
    "subject": "+6531580001",
    "time": datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC),
    "actor": "Zoë",
    "correlationid": "order 7",
    "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
}
DATA = {"holder": {"org": "acme"}, "remark": "für die Messe 日本"}


async def nothing(work: object, batch: object) -> None:
    pass


def taken(topic: Topic, value: bytes | None, headers: Mapping[str, bytes | None]) -> Any:
    """Read a record as the chassis does."""
    return Reading(Input(topic, nothing)).read(Record(topic.name, 0, 0, 0, None, value, tuple(headers.items())))


def written(event: CloudEvent, mode: Any) -> Any:
    message = mode(event, FORMAT)
    return taken(INVENTORY_COMMANDS, message.value, message.headers)


@MODES
def test_what_the_sdk_writes_is_read(mode: Any) -> None:
    message = written(CloudEvent(attributes=ATTRIBUTES, data=DATA), mode)
    assert isinstance(message, Message)
    assert {name: getattr(message, name) for name in ATTRIBUTES} == {
        **ATTRIBUTES,
        "time": datetime(2026, 3, 1, 12, 0, 0, 123000, tzinfo=UTC),
    }
    assert message.data.remark == DATA["remark"]  # type: ignore[attr-defined]


@MODES
def test_the_sdk_may_say_what_its_data_are(mode: Any) -> None:
    event = CloudEvent(attributes={**ATTRIBUTES, "datacontenttype": "application/json"}, data=DATA)
    assert written(event, mode).datacontenttype == "application/json"


@MODES
def test_extensions_of_others_are_no_fault(mode: Any) -> None:
    event = CloudEvent(attributes={**ATTRIBUTES, "tenant": "blue", "partitionkey": "+6531580001"}, data=DATA)
    assert isinstance(written(event, mode), Message)


@MODES
def test_both_modes_refuse_the_same(mode: Any) -> None:
    refused = written(CloudEvent(attributes={**ATTRIBUTES, "subject": "6531580001"}, data=DATA), mode)
    assert isinstance(refused, Unreadable)
    assert refused.code == "invalid_field"
    assert "subject" in refused.reason


def test_structured_mode_needs_no_header() -> None:
    value = to_structured(CloudEvent(attributes=ATTRIBUTES, data=DATA), FORMAT).value
    assert taken(INVENTORY_COMMANDS, value, {}).id == "c-1"
    assert taken(INVENTORY_COMMANDS, value, {"nb-seq": b"1.0", "trace": None}).id == "c-1"


@pytest.mark.parametrize("type", sorted(OF_TYPE))
def test_the_sdk_reads_what_we_write(type: str) -> None:
    envelope = json.loads((EXAMPLES / f"{type}.json").read_text())
    record = Outgoing(OF_TYPE[type].name, 0, envelope["subject"].encode(), json.dumps(envelope).encode())
    headers = {name: value for name, value in published_headers(record, "w", 1, 0) if value is not None}
    event = from_kafka(KafkaMessage(headers=headers, key=None, value=record.value or b""), FORMAT)
    data = envelope.pop("data")
    assert event.get_data() == data
    attributes = event.get_attributes()
    assert attributes.pop("time") == datetime.fromisoformat(envelope.pop("time"))
    assert attributes == envelope


@MODES
@pytest.mark.parametrize("type", sorted(OF_TYPE))
def test_what_the_sdk_passes_on_is_the_same_message(type: str, mode: Any) -> None:
    value = (EXAMPLES / f"{type}.json").read_bytes()
    passed = mode(FORMAT.read(CloudEvent, value), FORMAT)
    assert taken(OF_TYPE[type], passed.value, passed.headers) == taken(OF_TYPE[type], value, {})
