"""What the numbering plans say of a number."""

import pytest

from contracts.numbering import TYPES
from services.inventory.numbering import classifier


@pytest.mark.parametrize(
    ("number", "number_type"),
    [
        ("+6531580001", "voip"), ("+6561234567", "fixed_line"), ("+6581234567", "mobile"),
        ("+12125550123", "fixed_line_or_mobile"), ("+18005550199", "toll_free"), ("+19005550199", "premium_rate"),
        ("+443300000000", "uan"), ("+447640000000", "pager"), ("+447000000000", "personal_number"),
        ("+41840123456", "shared_cost"), ("+390236618300", "fixed_line"), ("+6510000000", "unknown"),
    ],
)  # fmt: skip
def test_a_number_has_a_type(number, number_type):
    assert classifier(strict=False)(number) == (number_type, None)


@pytest.mark.parametrize(
    ("number", "advice"),
    [
        ("+9991234567", "no country code"),
        ("+65315800", "digits"),
        ("+653158000100000", "digits"),
        ("+4402079460000", "+442079460000 would be right"),
    ],
)
def test_a_number_that_cannot_be_is_told_what_is_wrong(number, advice):
    fault = classifier(strict=False)(number).fault
    assert fault is not None
    assert number in fault
    assert advice in fault


def test_a_range_that_is_not_in_use_is_accepted_unless_strict():
    assert classifier(strict=False)("+6510000000").fault is None
    assert classifier(strict=True)("+6510000000").fault is not None
    assert classifier(strict=True)("+6531580001").fault is None


def test_types_are_named_in_lower_case():
    assert set(TYPES.values()) == {
        "fixed_line", "mobile", "fixed_line_or_mobile", "toll_free", "premium_rate", "shared_cost", "voip",
        "personal_number", "pager", "uan", "voicemail", "unknown",
    }  # fmt: skip
