"""A dead letter is mended field by field or whole, and is not sent before the contract can read it."""

import json

import pytest

from services.ops.dead_letters import DeadLetter, Place
from services.ops.editing import changed, editable, replaced, still_wrong
from services.ops.faults import WrongUsage

RELEASE = {
    "specversion": "1.0", "id": "7", "source": "/me", "type": "number.release", "subject": "+6531580001",
    "data": {"remark": 7},
}  # fmt: skip
ACTIVATED = {"account": {"org": "acme"}, "product": "did", "numbers": ["+6531580001"]}


def letter(
    value: object, topic: str = "inventory.commands", headers: tuple = (), size: int | None = None
) -> DeadLetter:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    place = Place(topic, 0, 3)
    return DeadLetter(place, place, "inventory", "invalid_field", "why", "", b"old", raw, headers, size)


def test_a_field_is_set_and_the_rest_stays():
    draft = changed(letter(RELEASE), ["data.remark=not needed"], [])
    assert json.loads(draft.value or b"") == RELEASE | {"data": {"remark": "not needed"}}
    assert still_wrong(letter(RELEASE), draft) == ""


def test_what_is_still_wrong_is_a_sentence_that_names_the_field():
    bad = letter(RELEASE)
    assert "data.remark" in still_wrong(bad, changed(bad, ["data.remark="], []))
    assert "expected_version" in still_wrong(bad, changed(bad, ["data.remark=r", 'data.expected_version="2"'], []))


@pytest.mark.parametrize(
    ("set_", "value"),
    [("data.remark=7", 7), ('data.remark="7"', "7"), ("data.remark=null", None), ("data.remark=a=b", "a=b"),
     ("data.remark=+6531580001", "+6531580001"), ('data.remark=["x"]', ["x"])],
)  # fmt: skip
def test_a_value_is_json_where_it_can_be(set_, value):
    assert json.loads(changed(letter(RELEASE), [set_], []).value or b"")["data"]["remark"] == value


def test_lists_are_reached_by_place():
    told = RELEASE | {"type": "subscription.activated", "subject": "S-1", "data": ACTIVATED}
    draft = changed(letter(told, "billing.events"), ["data.numbers.1=+6531580002"], ["data.account.org"])
    assert json.loads(draft.value or b"")["data"] == ACTIVATED | {
        "account": {}, "numbers": ["+6531580001", "+6531580002"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("sets", "unsets", "sentence"),
    [(["data.remark"], [], "FIELD=VALUE"), (["=x"], [], "FIELD=VALUE"), ([], ["data.hold"], "no field data.hold"),
     (["id.x=1"], [], "no field id.x"), (["data.remark.0=1"], [], "no field")],
)  # fmt: skip
def test_a_field_that_is_not_there_is_wrong_usage(sets, unsets, sentence):
    with pytest.raises(WrongUsage, match=sentence):
        changed(letter(RELEASE), sets, unsets)


def test_what_came_in_binary_mode_is_edited_and_sent_as_one_event():
    headers = tuple((f"ce_{name}", str(RELEASE[name]).encode()) for name in RELEASE if name != "data")
    kept = (("content-type", b"application/json"), ("x-trace", b"1"), ("nb-reason", b"why"))
    binary = letter(RELEASE["data"], headers=(*headers, *kept))
    assert json.loads(editable(binary)) == RELEASE
    draft = changed(binary, ["data.remark=r"], [])
    assert {name for name, _ in draft.headers} == {"content-type", "x-trace", "nb-reason"}
    assert still_wrong(binary, draft) == ""


def test_a_new_subject_is_the_new_key():
    assert changed(letter(RELEASE), ["subject=+6531580009", "data.remark=r"], []).key == b"+6531580009"


def test_what_is_no_json_is_given_whole():
    garbage = letter(b"\xff")
    for attempt in (lambda: changed(garbage, ["a=1"], []), lambda: editable(garbage)):
        with pytest.raises(WrongUsage, match="--value FILE"):
            attempt()
    draft = replaced(garbage, json.dumps(RELEASE | {"data": {"remark": "r"}}).encode())
    assert (draft.key, still_wrong(garbage, draft)) == (b"+6531580001", "")


def test_of_a_value_that_was_cut_only_a_whole_one_can_take_the_place():
    with pytest.raises(WrongUsage, match="only a part"):
        changed(letter(RELEASE, size=300_000), ["data.remark=r"], [])


def test_a_type_that_readers_would_skip_is_wrong():
    told = RELEASE | {"type": "number.danced"}
    assert "number.danced" in still_wrong(
        letter(told, "inventory.events"), replaced(letter(told), json.dumps(told).encode())
    )
