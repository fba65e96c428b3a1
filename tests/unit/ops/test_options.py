import click
import pytest

from contracts import billing, inventory
from services.ops.faults import WrongUsage
from services.ops.options import Time, data_from, data_of, fields_of, type_of

FIELDS = {type_of(message): fields_of(data_of(message)) for message in (*inventory.COMMANDS, *billing.EVENTS)}
ATTRIBUTES = "--vendor --country --sku --capability --routing --golden --ported-in --visible-to --partner"
HOLD = "--cause --until --free-until --charged --did-reservation --hold-subscription"


@pytest.mark.parametrize(
    ("type", "flags"),
    [
        ("number.add", ATTRIBUTES),
        ("number.import", f"{ATTRIBUTES} --state --since --subscription --remark {HOLD} --org --kind"),
        ("number.update", ATTRIBUTES),
        ("number.reserve", "--remark --org --kind"),
        ("number.extend", "--did-reservation --until --org --kind"),
        ("number.release", "--remark"),
        ("number.assign", "--subscription --sku --remark --placed --org --kind"),
        ("number.transfer", "--subscription --org --kind"),
        ("number.unassign", "--subscription --cause --effective-at"),
        ("number.lock", "--remark --until"),
        ("number.delete", "--reason --remark"),
    ],
)
def test_the_options_of_a_command_are_its_data_fields(type, flags):
    assert {field.flag for field in FIELDS[type]} == {*flags.split(), "--expected-version"}


@pytest.mark.parametrize(
    ("type", "flags"),
    [
        ("subscription.activated", "--org --kind --product --number --paid-until --all-or-nothing"),
        ("subscription.renewed", "--paid-until"),
        ("subscription.changed", "--added --removed"),
        ("subscription.swapped", "--old --new"),
        ("subscription.transferred", "--org --kind"),
        ("subscription.expired", ""),
    ],
)
def test_the_options_of_a_billing_event_are_its_data_fields(type, flags):
    assert {field.flag for field in FIELDS[type]} == set(flags.split())


@pytest.mark.parametrize(
    ("type", "required"),
    [
        ("number.add", {"--vendor", "--country", "--sku"}),
        ("number.update", set()),
        ("number.reserve", {"--org", "--remark"}),
        ("number.assign", {"--subscription"}),
        ("number.lock", {"--remark"}),
        ("subscription.activated", {"--org", "--product", "--number"}),
    ],
)
def test_what_the_contract_requires_is_required(type, required):
    assert {field.flag for field in FIELDS[type] if field.required} == required


@pytest.mark.parametrize(
    ("type", "given", "data"),
    [
        (
            "number.reserve",
            {"data_remark": "fair", "data_holder__org": "acme"},
            {"remark": "fair", "holder": {"org": "acme"}},
        ),
        ("number.lock", {"data_remark": "x"}, {"remark": "x"}),
        ("number.lock", {"data_remark": "x", "data_until": "never"}, {"remark": "x", "until": None}),
        ("number.update", {"data_golden": False}, {"golden": False}),
        (
            "number.update",
            {"data_visible_to": ("a.example, b.example", "a.example")},
            {"visible_to": ["a.example", "b.example"]},
        ),
        (
            "number.import",
            {"data_hold__cause": "manual", "data_hold__until": "never"},
            {"hold": {"cause": "manual", "until": None}},
        ),
        ("subscription.activated", {"data_numbers": ()}, {"numbers": []}),
        (
            "subscription.changed",
            {"data_added": ("+65 3158 0001,006531580002",)},
            {"added": ["+6531580001", "+6531580002"], "removed": []},
        ),
        (
            "subscription.swapped",
            {"data_old": "0065 31580001", "data_new": "+6531580002"},
            {"old": "+6531580001", "new": "+6531580002"},
        ),
    ],
)
def test_what_is_given_becomes_data_and_what_is_not_is_absent(type, given, data):
    assert data_from(FIELDS[type], given) == data


def test_a_word_that_a_list_does_not_know_is_refused_with_those_that_it_knows():
    with pytest.raises(WrongUsage, match="--capability: 'telex' is not one of voice, fax, sms"):
        data_from(FIELDS["number.add"], {"data_capabilities": ("voice,telex",)})


def test_one_of_two_numbers_is_not_chosen_by_chance():
    with pytest.raises(WrongUsage, match="--old takes one number"):
        data_from(FIELDS["subscription.swapped"], {"data_old": "+6531580001,+6531580002"})


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-03-01", "2026-03-01T00:00:00Z"),
        ("2026-03-01T08:00:00+08:00", "2026-03-01T00:00:00Z"),
        ("2026-03-01T00:00:00.1234Z", "2026-03-01T00:00:00.123Z"),
    ],
)
def test_a_time_has_an_offset_or_is_the_first_moment_of_a_day(written, meant):
    assert Time().convert(written, None, None) == meant


@pytest.mark.parametrize("written", ["2026-03-01T00:00:00", "tomorrow", "2026-02-30", "never", "1772323200", ""])
def test_what_is_no_time_is_refused(written):
    with pytest.raises(click.BadParameter, match="is no time"):
        Time().convert(written, None, None)
