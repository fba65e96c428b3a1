"""What cannot be read becomes a dead letter that says why, on every topic, and stops nobody."""

import asyncio
import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.contract.inputs import INPUTS, Lane
from tests.contract.stranger import CLOUDEVENTS, Headers, Stranger, written
from tests.integration.bank import Running

pytestmark = pytest.mark.asyncio(loop_scope="package")

Told = dict[str, Any]
KIB = 1024


def without(name: str) -> Callable[[Told], Told]:
    return lambda told: {key: value for key, value in told.items() if key != name}


def with_(**changes: Any) -> Callable[[Told], Told]:
    return lambda told: told | changes


# A whole value instead of a record, by what it is.
VALUES: dict[str, bytes | None] = {
    "a null value": None,
    "nothing": b"",
    "text": b"hello",
    "no utf-8": b"\xff\xfe{}",
    "half a record": b'{"specversion": "1.0", "id": ',
    "a JSON null": b"null",
    "a number": b"42",
    "a list": b"[]",
    "an empty object": b"{}",
    "deep nesting": b"[" * 100_000,
    "deep nesting, closed": b'{"data": ' + b"[" * 50_000 + b"]" * 50_000 + b"}",
    "a huge number": b"9" * 70,
    "300 KiB": b"x" * 300 * KIB,
    "256 KiB": b"x" * 256 * KIB,
    "2 MB": b"x" * 2 * KIB * KIB,
    "a batch": b"[{}]",
}
# A good event with one fault, and the field that the reason names.
FAULTS: dict[str, tuple[Callable[[Told], Told], str]] = {
    "no specversion": (without("specversion"), "specversion"),
    "another specversion": (with_(specversion="0.3"), "specversion"),
    "a specversion that is a number": (with_(specversion=1.0), "specversion"),
    "no id": (without("id"), "id"),
    "an empty id": (with_(id=""), "id"),
    "an id of 129 characters": (with_(id="i" * 129), "id"),
    "an id that is a number": (with_(id=7), "id"),
    "no source": (without("source"), "source"),
    "an empty source": (with_(source=""), "source"),
    "a source that is a list": (with_(source=["/s"]), "source"),
    "no type": (without("type"), "type"),
    "an empty type": (with_(type=""), "type"),
    "a type that is a number": (with_(type=7), "type"),
    "no subject": (without("subject"), "subject"),
    "an empty subject": (with_(subject=""), "subject"),
    "a subject that is a number": (with_(subject=6581000000), "subject"),
    "no data": (without("data"), "data"),
    "null as data": (with_(data=None), "data"),
    "a list as data": (with_(data=[]), "data"),
    "text as data": (with_(data="{}"), "data"),
    "data in base64": (lambda told: without("data")(told) | {"data_base64": "e30="}, "data"),
    "a naive time": (with_(time="2026-03-01T00:00:00"), "time"),
    "a time that is a word": (with_(time="tomorrow"), "time"),
    "a time that is a number": (with_(time=1772323200), "time"),
    "a day that does not exist": (with_(time="2026-02-30T00:00:00Z"), "time"),
    "a date alone": (with_(time="2026-03-01"), "time"),
    "a time before all times": (with_(time="0001-01-01T00:00:00+14:00"), "time"),
    "a time after all times": (with_(time="9999-12-31T23:59:59-14:00"), "time"),
    "empty data": (with_(data={}), ""),
    "a lone surrogate in the id": (with_(id="\ud800"), ""),
}
SUBJECTS = {
    "spaces": "+65 8100 0000", "dashes": "+65-81000000", "two zeros": "006581000000", "no plus": "6581000000",
    "sixteen digits": "+1234567890123456", "six digits": "+123456", "letters": "+65CALLME1",
    "a line end": "+6581000000\n", "a NUL": "+6581000000\0",
    "foreign digits": "+٦٥٨١٠٠٠٠٠٠", "wide digits": "+\uff16\uff15\uff1881000000",
}  # fmt: skip
OF_NUMBERS = [topic for topic in INPUTS if not topic.startswith("billing.")]


async def buried(lane: Lane, value: bytes | None, field: str = "", headers: Headers = (CLOUDEVENTS,)) -> None:
    """Write a bad record between two good ones: both are taken, and each reader makes one dead letter of it."""
    bank, key = lane.bank, lane.subject.encode()
    before = await lane.good()
    place = await bank.write(lane.input.topic, key, value, headers, lane.partition)
    after = await lane.good()
    for service in lane.input.services:
        letter = await bank.dead_letter(place, service)
        cut = value is not None and len(value) > 256 * KIB
        assert letter.key == key
        assert letter.value == (value[: 256 * KIB] if cut and value else value)
        assert [header for header in letter.headers if not header[0].startswith("nb-")] == list(headers)
        told = {name: (given or b"").decode() for name, given in letter.headers if name.startswith("nb-")}
        assert told.pop("nb-size", None) == (str(len(value or b"")) if cut else None)
        assert (told["nb-topic"], int(told["nb-partition"]), int(told["nb-offset"])) == place
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z", told["nb-time"])
        assert told["nb-code"]
        assert " " in told["nb-reason"]
        assert re.search(rf"\b{field}\b", told["nb-reason"]), told["nb-reason"]
        assert told.keys() >= {"nb-reason", "nb-code", "nb-service", "nb-topic", "nb-partition", "nb-offset", "nb-time"}
    await lane.taken(before)
    await lane.taken(after)
    assert len(bank.buried[place]) == len(lane.input.services)


async def all_buried(bank: Stranger, topic: str, cases: dict[str, tuple[Callable[[Told], bytes | None], str]]) -> None:
    """Bury many at once, and tell all that were not."""

    async def one(make: Callable[[Told], bytes | None], field: str) -> None:
        lane = Lane(bank, topic)
        await buried(lane, make(lane.input.good(lane.subject)), field)

    ends = await asyncio.gather(*(one(*case) for case in cases.values()), return_exceptions=True)
    assert not {what: repr(end) for what, end in zip(cases, ends, strict=True) if end}


@pytest.mark.parametrize("topic", INPUTS)
async def test_a_value_that_is_no_event_becomes_a_dead_letter(bank: Stranger, topic: str) -> None:
    deletes = topic == "billing.accounts"
    values = {what: value for what, value in VALUES.items() if not (deletes and value is None)}
    await all_buried(bank, topic, {what: (lambda _, value=value: value, "") for what, value in values.items()})


@pytest.mark.parametrize("topic", INPUTS)
async def test_an_event_with_a_fault_becomes_a_dead_letter_that_names_the_field(bank: Stranger, topic: str) -> None:
    cases = {
        what: (lambda told, change=change: written(change(told)), field) for what, (change, field) in FAULTS.items()
    }
    await all_buried(bank, topic, cases)


@pytest.mark.parametrize("topic", OF_NUMBERS)
async def test_a_number_that_is_not_canonical_becomes_a_dead_letter(bank: Stranger, topic: str) -> None:
    cases = {what: (lambda told, to=to: written(told | {"subject": to}), "subject") for what, to in SUBJECTS.items()}
    await all_buried(bank, topic, cases)


@pytest.mark.parametrize("topic", ["inventory.commands", "billing.events", "billing.accounts", "provisioning.commands"])
async def test_a_type_that_nobody_knows_becomes_a_dead_letter(bank: Stranger, topic: str) -> None:
    lane = Lane(bank, topic)
    await buried(lane, written(lane.input.good(lane.subject) | {"type": "number.dance"}), "type")


@pytest.mark.parametrize("topic", ["inventory.events", "lifecycle.events"])
async def test_a_type_that_nobody_knows_is_skipped_among_events(bank: Stranger, topic: str) -> None:
    lane = Lane(bank, topic)
    before = await lane.good()
    unknown = written(lane.input.good(lane.subject) | {"type": "number.danced"})
    place = await bank.write(topic, lane.subject.encode(), unknown, [CLOUDEVENTS], lane.partition)
    after = await lane.good()
    await lane.taken(before)
    await lane.taken(after)
    assert place not in bank.buried


async def test_dead_letters_keep_headers_of_any_kind(bank: Stranger) -> None:
    odd = [("x-null", None), ("x-bytes", b"\xff\x00"), ("x", b"1"), ("x", b"2"), ("", b"no name")]
    await buried(Lane(bank, "inventory.commands"), b"hello", headers=odd)


async def test_dead_letters_make_a_service_degraded_but_ready(bank: Stranger, running: Running) -> None:
    await buried(Lane(bank, "inventory.commands"), b"hello")
    status, text = await running.get("/readyz")
    assert (status, "degraded" in text) == (200, True)
    metrics = (await running.get("/metrics"))[1]
    assert re.search(r"^numberbank_dead_letters_total\{.*service=\"inventory\".*\} [1-9]", metrics, re.MULTILINE)
