import pytest

from services.ops.faults import WrongUsage
from services.ops.numbers import canonical, canonical_all


@pytest.mark.parametrize(
    "written",
    [
        "+6531580001",
        "+65 3158 0001",
        "+65-3158-0001",
        "+65 (3158) 0001",
        "006531580001",
        "00 65 3158-0001",
        " +6531580001\n",
    ],
)
def test_a_number_is_understood_as_people_write_it(written):
    assert canonical(written) == "+6531580001"


@pytest.mark.parametrize(
    ("written", "advice"),
    [
        ("6531580001", "such as +6531580001"),
        ("+44 (0)20 7946 0000", "leave out the (0)"),
        ("+123456", "7 to 15 digits"),
        ("+1234567890123456", "7 to 15 digits"),
        ("\uff0b6531580001", "7 to 15 digits"),
        ("+٦٥٣١٥٨٠٠٠١", "7 to 15 digits"),
        ("tel:+6531580001", "7 to 15 digits"),
        ("", "7 to 15 digits"),
    ],
)
def test_what_is_no_number_is_refused_with_what_would_be_right(written, advice):
    with pytest.raises(WrongUsage) as refused:
        canonical(written)
    assert advice in str(refused.value)
    assert repr(written) in str(refused.value)


def test_numbers_come_one_by_one_or_with_commas_and_each_once():
    assert canonical_all(["+6531580001,+6531580002", "+65 3158 0001", ","]) == ["+6531580001", "+6531580002"]
