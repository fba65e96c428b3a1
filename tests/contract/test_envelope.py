"""The envelope, as it may come and as the bank writes it."""

import json
import re
import uuid
from typing import Any

import pytest

from tests.contract.inputs import INPUTS, Lane
from tests.contract.stranger import CLOUDEVENTS, Headers, Heard, Stranger, event, written
from tests.contract.trade import ACME, ADD, NOW, bring, fresh, named, when

pytestmark = pytest.mark.asyncio(loop_scope="package")

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.(?!000)\d{3})?Z")
REQUIRED = {
    "specversion",
    "id",
    "source",
    "type",
    "subject",
    "time",
    "data",
    "datacontenttype",
    "correlationid",
    "actor",
}
OURS = {"/inventory", "/provisioning", "/lifecycle-timer", "/notification"}


def binary(told: dict[str, Any], content: str | None = "application/json") -> tuple[bytes, Headers]:
    """Give a record in binary mode: attributes as headers, data as value."""
    headers = [
        (f"ce_{name}", str(value).encode()) for name, value in told.items() if name not in ("data", "datacontenttype")
    ]
    return written(told["data"]), ([("content-type", content.encode())] if content else []) + headers


ACCEPTED: dict[str, dict[str, Any]] = {
    "all attributes": {"time": NOW, "datacontenttype": "application/json", "correlationid": "c", "causationid": "d",
                       "actor": "eve", "traceparent": TRACE},
    "unknown attributes": {"partitionkey": "x", "dataschema": "urn:x", "sequence": "7"},
    "an id of one character": {"id": "é"},
    "an id of 128 characters": {"id": "i" * 127 + "é"},
    "a relative source": {"source": "a"},
    "an absolute source": {"source": "https://billing.example/eu?tenant=7#x"},
    "a urn as source": {"source": "urn:uuid:6e8bc430-9c3a-11d9-9669-0800200c9a66"},
    "a time with an offset": {"time": "2026-03-01T08:00:00+08:00"},
    "a time with nanoseconds": {"time": "2026-03-01T00:00:00.123456789Z"},
    "a time long ago": {"time": "1999-12-31T23:59:59Z"},
}  # fmt: skip


@pytest.mark.parametrize("what", ACCEPTED)
@pytest.mark.parametrize("mode", ["structured", "structured, no header", "binary", "binary, no content-type"])
async def test_an_event_is_read_in_both_modes(bank: Stranger, mode: str, what: str) -> None:
    number = fresh()
    told = event("number.add", number, ADD | {"unknown": 1}, **ACCEPTED[what])
    value, headers = {
        "structured": (written(told), [CLOUDEVENTS]),
        "structured, no header": (written(told), []),
        "binary": binary(told),
        "binary, no content-type": binary(told, None),
    }[mode]
    await bank.write("inventory.commands", number.encode(), value, headers)
    caused = bank.caused["inventory.events", told["id"]]
    answer = (await bank.until(lambda: [one.event for one in caused if one.key == number.encode()]))[0]
    assert answer["type"] == "number.added"
    assert answer["correlationid"] == told.get("correlationid", told["id"])
    assert answer["causationid"] == told["id"]
    assert answer["actor"] == told.get("actor", told["source"])
    assert answer.get("traceparent") == told.get("traceparent")
    assert answer["time"] == NOW


@pytest.mark.parametrize(
    "type",
    [b"application/cloudevents+json", b"application/cloudevents+json;charset=UTF-8", b"Application/CloudEvents+JSON"],
)
async def test_a_structured_event_is_known_by_its_media_type_alone(bank: Stranger, type: bytes) -> None:
    told = event("number.add", number := fresh(), ADD)
    await bank.write("inventory.commands", number.encode(), written(told), [("content-type", type)])
    assert (await bank.answer(told["id"])).event["type"] == "number.added"


@pytest.mark.parametrize("missing", ["specversion", "id", "source", "type", "subject"])
async def test_a_binary_event_without_a_required_header_becomes_a_dead_letter(bank: Stranger, missing: str) -> None:
    told = event("number.add", number := fresh(), ADD)
    value, headers = binary({name: value for name, value in told.items() if name != missing})
    letter = await bank.dead_letter(
        await bank.write("inventory.commands", number.encode(), value, headers), "inventory"
    )
    assert missing in (letter.header["nb-reason"] or b"").decode()


async def test_a_header_without_a_value_is_as_one_that_is_absent(bank: Stranger) -> None:
    told = event("number.add", number := fresh(), ADD)
    value, headers = binary(told)
    odd = [*headers, ("ce_time", None), ("ce_actor", None), ("x", None), ("y", b"\xff")]
    await bank.write("inventory.commands", number.encode(), value, odd)
    assert (await bank.answer(told["id"])).event["actor"] == "/stranger"


async def test_a_null_attribute_is_as_one_that_is_absent(bank: Stranger) -> None:
    told = event("number.add", number := fresh(), ADD)
    nulls = dict.fromkeys(["time", "correlationid", "causationid", "actor", "traceparent", "datacontenttype"])
    await bank.write("inventory.commands", number.encode(), json.dumps(told | nulls).encode(), [CLOUDEVENTS])
    assert (await bank.answer(told["id"])).event["correlationid"] == told["id"]


async def test_a_refusal_has_the_cause_s_attributes_too(bank: Stranger) -> None:
    more = {"correlationid": "c-1", "actor": "eve", "traceparent": TRACE}
    answer = await bank.command("number.release", fresh(), {"remark": "r"}, **more)
    assert answer["type"] == "command.rejected"
    assert {name: answer[name] for name in more} == more


async def test_what_was_asked_of_billing_is_known_to_inventory_s_events(bank: Stranger) -> None:
    number, subscription = await bring(bank, "available"), named("S")
    fact = {"account": ACME, "product": "did", "numbers": [number]}
    more = {"correlationid": named("c"), "actor": "eve", "traceparent": TRACE}
    answer = await bank.bills("subscription.activated", subscription, fact, **more)
    assert {name: answer[name] for name in more} == more
    [assigned] = [
        one.event for one in bank.heard["inventory.events"] if one.event.get("correlationid") == more["correlationid"]
    ]
    assert (assigned["type"], assigned["subject"]) == ("number.assigned", number)
    assert {name: assigned[name] for name in more} == more
    [command] = [
        one.event for one in bank.heard["inventory.commands"] if one.event.get("id") == assigned["causationid"]
    ]
    assert (command["source"], command["type"], command["causationid"]) == (
        "/provisioning",
        "number.assign",
        answer["causationid"],
    )


async def test_a_fact_without_attributes_gives_its_id_and_source(bank: Stranger) -> None:
    answer = await bank.bills("subscription.activated", named("S"), {"account": ACME, "product": "did", "numbers": []})
    assert answer["correlationid"] == answer["causationid"]
    assert (answer["actor"], "traceparent" in answer) == ("/stranger", False)


async def test_all_that_the_bank_writes_obeys_the_envelope(bank: Stranger) -> None:
    for topic in INPUTS:
        lane = Lane(bank, topic)
        await lane.taken(await lane.good())
    subscription, number = named("S"), await bring(bank, "available")
    await bank.bills("subscription.activated", subscription, {"account": ACME, "product": "did", "numbers": [number]})
    await bank.bills("subscription.expired", subscription, {}, time=when(milliseconds=-1))
    heard = [one for topic, some in bank.heard.items() if not topic.endswith(".dlq") for one in some]
    ours = [one for one in heard if str(one.event.get("source")) in OURS and one.event.get("actor")]
    assert {one.topic for one in ours} == {*INPUTS, "provisioning.events", "notification.events"} - {
        "billing.events", "billing.accounts", "provisioning.commands",
    }  # fmt: skip
    for one in ours:
        obeys(bank, one)
    ids = [one.event["id"] for one in ours]
    assert len(ids) == len(set(ids))


def obeys(bank: Stranger, heard: Heard) -> None:
    told = heard.event
    assert heard.header["content-type"] == CLOUDEVENTS[1]
    assert told.keys() >= REQUIRED
    assert told.keys() <= REQUIRED | {"causationid", "traceparent"}
    assert None not in told.values()
    assert (told["specversion"], told["datacontenttype"]) == ("1.0", "application/json")
    assert uuid.UUID(told["id"]).version == 5
    assert TIME.fullmatch(told["time"])
    assert heard.key == told["subject"].encode()
    assert heard.partition == bank.home(heard.topic, told["subject"])
