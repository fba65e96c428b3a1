"""What the events say: every field of the number after each change."""

from datetime import timedelta

import pytest

from contracts.fields import format_instant
from tests.unit.inventory.builders import ACME, DAY, NOW, NUMBER, RIVAL, WAYS, Bank, command

ADDED = {
    "number": NUMBER, "state": "available", "previous": None, "version": 1, "since": "2026-03-01T00:00:00Z",
    "hold": None, "holder": None, "subscription": None, "remark": None, "reason": None,
    "vendor": "v1", "country": "SG", "sku": "sg-local", "number_type": "voip", "capabilities": ["voice"],
    "routing": None, "golden": False, "ported_in": False, "visible_to": [], "partner": None,
}  # fmt: skip
CUSTOMER = {"org": "acme", "kind": "customer"}
MANUAL = {
    "cause": "manual", "placed": 2, "until": "2026-03-29T00:00:00Z", "free_until": "2026-03-29T00:00:00Z",
    "charged": False, "did_reservation": None, "subscription": None,
}  # fmt: skip
PAID = MANUAL | {"until": "2026-06-01T00:00:00Z", "charged": True, "did_reservation": "R-1"}
LOCKED = MANUAL | {"cause": "locked"}
LOST = MANUAL | {
    "cause": "subscription_expired", "placed": 3, "subscription": "S-1",
    "until": "2026-04-27T00:00:00Z", "free_until": "2026-04-27T00:00:00Z",
}  # fmt: skip
RESERVED = ADDED | {
    "state": "reserved", "previous": "available", "version": 2, "hold": MANUAL, "holder": CUSTOMER,
    "remark": "for a campaign",
}  # fmt: skip
EXTENDED = RESERVED | {"previous": "reserved", "version": 3, "hold": PAID, "remark": None}
ASSIGNED = ADDED | {
    "state": "assigned", "previous": "available", "version": 2, "holder": CUSTOMER, "subscription": "S-1",
}  # fmt: skip
# The number after a command sent a day after it came into a state, beside what it was before.
NEXT_DAY = "2026-03-02T00:00:00Z"
A_DAY_LATER = [
    ("available", "number.update", ADDED | {"previous": "available", "version": 2, "routing": "trunk-2"}),
    ("reserved", "number.update", RESERVED | {
        "previous": "reserved", "version": 3, "remark": None, "routing": "trunk-2"}),
    ("assigned", "number.update", ASSIGNED | {"previous": "assigned", "version": 3, "routing": "trunk-2"}),
    ("available", "number.reserve", RESERVED | {
        "since": NEXT_DAY,
        "hold": MANUAL | {"until": "2026-03-30T00:00:00Z", "free_until": "2026-03-30T00:00:00Z"}}),
    ("reserved", "number.extend", EXTENDED),
    ("extended", "number.end_extension", EXTENDED | {"version": 4, "hold": MANUAL}),
    ("reserved", "number.release", ADDED | {
        "previous": "reserved", "version": 3, "since": NEXT_DAY, "remark": "not needed", "reason": "manual"}),
    ("available", "number.assign", ASSIGNED | {"since": NEXT_DAY}),
    ("extended", "number.assign", ASSIGNED | {"previous": "reserved", "version": 4, "since": NEXT_DAY}),
    ("assigned", "number.transfer", ASSIGNED | {
        "previous": "assigned", "version": 3, "holder": {"org": "rival", "kind": "customer"}}),
    ("assigned", "number.unassign", RESERVED | {
        "previous": "assigned", "version": 3, "since": NEXT_DAY, "hold": LOST, "remark": None}),
    ("available", "number.lock", ADDED | {
        "state": "locked", "previous": "available", "version": 2, "since": NEXT_DAY, "remark": "nuisance calls",
        "hold": LOCKED | {"until": "2026-03-30T00:00:00Z", "free_until": "2026-03-30T00:00:00Z"}}),
    ("locked", "number.unlock", ADDED | {
        "previous": "locked", "version": 3, "since": NEXT_DAY, "remark": "quiet again"}),
    ("locked", "number.delete", ADDED | {
        "state": "deleted", "previous": "locked", "version": 3, "since": NEXT_DAY, "reason": "faulty",
        "remark": "noise on the line"}),
    ("deleted", "number.recover", ADDED | {
        "previous": "deleted", "version": 3, "since": NEXT_DAY, "remark": "deleted by mistake"}),
]  # fmt: skip


async def bank_with_number_that_is(state, **attributes):
    bank = Bank()
    for type in WAYS[state]:
        await bank.told(command(type, **(attributes if type == "number.add" else {})))
    return bank


@pytest.mark.parametrize(("state", "name", "data"), A_DAY_LATER)
async def test_an_event_says_the_whole_number_after_the_change(state, name, data):
    bank = await bank_with_number_that_is(state)
    bank.now += DAY

    [answer] = await bank.told(command(name))

    assert answer["data"] == data


@pytest.mark.parametrize(
    ("state", "late", "until", "previous", "version", "reason"),
    [
        ("reserved", timedelta(0), "2026-03-29T00:00:00Z", "reserved", 3, "reservation_expired"),
        ("reserved", 400 * DAY, "2026-03-29T00:00:00Z", "reserved", 3, "reservation_expired"),
        ("extended", 99 * DAY, "2026-06-01T00:00:00Z", "reserved", 4, "reservation_expired"),
        ("locked", 9 * DAY, "2026-03-29T00:00:00Z", "locked", 3, "lock_expired"),
    ],
)
async def test_an_expired_number_is_available_from_the_end_of_its_hold_however_late(
    state, late, until, previous, version, reason
):
    bank = await bank_with_number_that_is(state)
    bank.now += 28 * DAY + late

    [answer] = await bank.told(command("number.expire"))

    assert answer["type"] == "number.released"
    assert answer["data"] == ADDED | {"previous": previous, "version": version, "since": until, "reason": reason}


async def test_a_new_number_has_every_attribute_it_was_given():
    attributes = {
        "vendor": "v2", "country": "US", "sku": "us-gold", "capabilities": ["sms", "voice"], "routing": "trunk-1",
        "golden": True, "ported_in": True, "visible_to": ["acme.example"], "partner": "reseller",
    }  # fmt: skip

    [answer] = await Bank().told(command("number.add", **attributes))

    assert answer["type"] == "number.added"
    assert answer["data"] == ADDED | attributes


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, {"state": "available"}),
        ({"state": "deleted", "remark": "years ago"}, {"state": "deleted", "remark": "years ago"}),
        ({"state": "assigned", "holder": ACME, "subscription": "S-1"},
         {"state": "assigned", "holder": CUSTOMER, "subscription": "S-1"}),
        ({"state": "reserved", "holder": ACME}, {"state": "reserved", "holder": CUSTOMER, "hold": {
            "cause": "manual", "until": "2026-01-29T00:00:00Z", "free_until": "2026-01-29T00:00:00Z"}}),
        ({"state": "locked"}, {"state": "locked", "hold": {
            "cause": "locked", "until": "2026-01-29T00:00:00Z", "free_until": "2026-01-29T00:00:00Z"}}),
        ({"state": "locked", "hold": {"cause": "locked", "until": None}}, {"state": "locked", "hold": {
            "cause": "locked", "until": None, "free_until": None}}),
        ({"state": "reserved", "holder": ACME, "hold": {"cause": "subscription_expired", "subscription": "S-1"}},
         {"state": "reserved", "holder": CUSTOMER, "hold": {
             "cause": "subscription_expired", "until": "2026-02-26T00:00:00Z", "free_until": "2026-02-26T00:00:00Z",
             "subscription": "S-1"}}),
        ({"state": "reserved", "holder": ACME, "hold": {"cause": "manual", "until": "2026-05-01T02:00:00+02:00"}},
         {"state": "reserved", "holder": CUSTOMER, "hold": {
             "cause": "manual", "until": "2026-05-01T00:00:00Z", "free_until": "2026-05-01T00:00:00Z"}}),
        ({"state": "reserved", "holder": ACME, "hold": {
            "cause": "manual", "until": "2026-05-01T00:00:00Z", "free_until": "2026-01-29T00:00:00Z", "charged": True,
            "did_reservation": "R-1"}},
         {"state": "reserved", "holder": CUSTOMER, "hold": {
             "cause": "manual", "until": "2026-05-01T00:00:00Z", "free_until": "2026-01-29T00:00:00Z",
             "charged": True, "did_reservation": "R-1"}}),
    ],
)  # fmt: skip
async def test_an_imported_number_is_as_it_was_elsewhere(given, said):
    [answer] = await Bank().told(command("number.import", **given))

    if "hold" in said:
        said = said | {"hold": MANUAL | {"placed": 1} | said["hold"]}
    assert answer["type"] == "number.imported"
    assert answer["data"] == ADDED | {"since": "2026-01-01T00:00:00Z"} | said


CLEARED = {"capabilities": ["voice"], "routing": None, "golden": False, "ported_in": False, "visible_to": [],
           "partner": None}  # fmt: skip
FULL = {"capabilities": ["sms"], "routing": "trunk-1", "golden": True, "ported_in": True, "visible_to": ["a.example"],
        "partner": "reseller"}  # fmt: skip


@pytest.mark.parametrize("name", FULL)
async def test_null_clears_an_attribute_and_what_is_absent_stays(name):
    bank = await bank_with_number_that_is("available", **FULL)

    [answer] = await bank.told(command("number.update", **{"routing": "trunk-1", name: None}))

    assert {field: answer["data"][field] for field in FULL} == FULL | {name: CLEARED[name]}


async def test_an_update_replaces_lists_and_leaves_the_hold_alone():
    bank = await bank_with_number_that_is("extended", visible_to=["a.example", "b.example"])

    [answer] = await bank.told(command("number.update", visible_to=["c.example"], ported_in=True, sku="sg-gold"))

    assert answer["data"]["visible_to"] == ["c.example"]
    assert answer["data"]["sku"] == "sg-gold"
    assert answer["data"]["hold"] == PAID
    assert answer["data"]["holder"] == CUSTOMER


async def test_a_later_did_reservation_takes_over_and_the_free_period_survives():
    bank = await bank_with_number_that_is("extended")

    [answer] = await bank.told(command("number.extend", did_reservation="R-2", until="2026-09-01T00:00:00Z"))

    assert answer["data"]["hold"] == PAID | {"did_reservation": "R-2", "until": "2026-09-01T00:00:00Z"}


async def test_an_extension_that_ends_after_the_free_period_is_due_at_once():
    bank = await bank_with_number_that_is("extended")
    bank.now += 40 * DAY

    answers = await bank.told(command("number.end_extension"), command("number.expire"))

    assert answers[0]["data"]["hold"]["until"] == "2026-03-29T00:00:00Z"
    assert (answers[1]["type"], answers[1]["data"]["since"]) == ("number.released", "2026-03-29T00:00:00Z")


@pytest.mark.parametrize(
    ("given", "until"),
    [(None, None), ("2026-03-05T00:00:00Z", "2026-03-05T00:00:00Z"), ("2020-01-01T00:00:00Z", "2020-01-01T00:00:00Z")],
)
async def test_a_lock_lasts_as_long_as_it_is_told(given, until):
    bank = await bank_with_number_that_is("available")

    [answer] = await bank.told(command("number.lock", until=given))

    assert answer["data"]["hold"] == LOCKED | {"until": until, "free_until": until}


async def test_a_lock_until_a_time_that_has_passed_is_due_at_once():
    bank = await bank_with_number_that_is("available")

    assert await bank.types(command("number.lock", until=NOW - DAY), command("number.expire")) == [
        "number.locked", "number.released",
    ]  # fmt: skip


async def test_the_holder_of_an_assigned_number_is_the_reserver_unless_one_is_named():
    partner = {"org": "acme", "kind": "partner"}
    bank = await bank_with_number_that_is("available")
    await bank.told(command("number.reserve", holder=partner))

    answers = await bank.told(command("number.assign", holder=None, remark="by hand"))

    assert answers[0]["data"]["holder"] == partner
    assert answers[0]["data"]["remark"] == "by hand"


async def test_a_holder_who_is_named_takes_the_place_of_the_reserver():
    partner = {"org": "acme", "kind": "partner"}
    bank = await bank_with_number_that_is("reserved")

    [answer] = await bank.told(command("number.assign", holder=partner))

    assert answer["data"]["holder"] == partner


async def test_a_transferred_number_rests_for_its_new_holder():
    bank = await bank_with_number_that_is("assigned")

    answers = await bank.told(command("number.transfer"), command("number.unassign"))

    assert answers[1]["data"]["holder"] == {**RIVAL, "kind": "customer"}


async def test_a_rejection_says_how_the_number_is():
    bank = await bank_with_number_that_is("assigned")

    known, unknown = await bank.told(command("number.lock"), command("number.lock", subject="+6531580002"))

    assert known["type"] == unknown["type"] == "command.rejected"
    assert known["data"] == {
        "command": "number.lock", "code": "invalid_transition", "state": "assigned", "version": 2,
        "message": "+6531580001 is assigned; number.lock is for numbers that are available.",
    }  # fmt: skip
    assert unknown["data"] == {
        "command": "number.lock", "code": "unknown_number", "state": None, "version": None,
        "message": "+6531580002 is not in the bank; use add or import first.",
    }  # fmt: skip


async def test_an_answer_names_the_command_that_it_answers():
    asked = command("number.add", id="c-1", source="/campaign")

    [answer] = await Bank().told(asked)

    assert answer["source"] == "/inventory"
    assert answer["subject"] == NUMBER
    assert (answer["causationid"], answer["correlationid"], answer["actor"]) == ("c-1", "c-1", "/campaign")
    assert answer["time"] == format_instant(NOW)
