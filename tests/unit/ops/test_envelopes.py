import json

import pytest

from contracts.inventory import COMMANDS, Import, Reserve
from contracts.topics import INVENTORY_COMMANDS
from services.chassis.reading import Reading
from services.chassis.records import Record
from services.chassis.service import Input
from services.ops.envelopes import HEADERS, ids_for, read_envelope, sending
from services.ops.faults import WrongUsage
from services.ops.options import fields_of

A = "+6531580001"


def said(type="number.reserve", data=None, fields=(), **manner):
    data = {"holder": {"org": "acme"}, "remark": "fair"} if data is None else data
    manner = {"id": "c-1", "time": "2026-03-01T00:00:00Z", "actor": "/ops"} | manner
    return sending(INVENTORY_COMMANDS, type, A, data, fields=fields, **manner)


def test_a_command_is_a_cloudevent_of_ops_in_structured_mode():
    assert json.loads(said().value) == {
        "specversion": "1.0",
        "id": "c-1",
        "source": "/ops",
        "type": "number.reserve",
        "subject": A,
        "time": "2026-03-01T00:00:00Z",
        "datacontenttype": "application/json",
        "actor": "/ops",
        "data": {"holder": {"org": "acme"}, "remark": "fair"},
    }
    assert HEADERS == [("content-type", b"application/cloudevents+json; charset=utf-8")]


def test_a_command_can_be_read_by_its_service():
    async def nobody(work, taken): ...

    message = Reading(Input(INVENTORY_COMMANDS, nobody)).read(
        Record("t", 0, 0, 0, A.encode(), said().value, tuple(HEADERS))
    )
    assert isinstance(message, COMMANDS)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"data": {"holder": {"org": "acme"}, "remark": ""}}, "--remark: String should have at least 1 character."),
        ({"data": {"holder": {"kind": "partner"}, "remark": "x"}}, "--org is missing"),
        ({"id": "x" * 129}, "--id: String should have at most 128 characters."),
        ({"data": {"holder": {"org": "a\udcff"}, "remark": "x"}}, "no text in UTF-8"),
        ({"actor": ""}, "--actor: String should have at least 1 character."),
    ],
)
def test_what_the_contract_refuses_is_said_by_the_name_of_the_option(given, sentence):
    with pytest.raises(WrongUsage) as refused:
        said(fields=fields_of(Reserve), **given)
    assert sentence in str(refused.value)


def test_an_import_whose_state_lacks_something_says_what():
    data = {"vendor": "v", "country": "SG", "sku": "s", "state": "assigned", "since": "2026-03-01T00:00:00Z"}
    with pytest.raises(WrongUsage, match="older is required with state assigned"):
        said("number.import", data, fields_of(Import))


def test_an_id_stands_for_one_message_and_is_made_longer_for_several():
    assert ids_for("job-7", [A]) == ["job-7"]
    assert ids_for("job-7", [A, "+6531580002"]) == [f"job-7/{A}", "job-7/+6531580002"]
    assert len({*ids_for(None, [A, A])}) == 2
    with pytest.raises(WrongUsage, match="--id"):
        ids_for("", [A])


def test_envelopes_are_read_in_structured_and_in_binary_mode():
    binary = [("ce_specversion", b"1.0"), ("ce_type", b"hold.expired"), ("ce_subject", A.encode()), ("odd", None)]
    assert read_envelope(said().value)["type"] == "number.reserve"
    assert read_envelope(b'{"cause": "manual"}', binary)["data"] == {"cause": "manual"}
    assert read_envelope(b'{"cause": "manual"}', binary)["subject"] == A


@pytest.mark.parametrize("value", [None, b"", b"{", b"[]", b"7", b"{}", b"\xff", b'{"a": NaN}'])
def test_what_is_no_envelope_is_none(value):
    assert read_envelope(value) is None
