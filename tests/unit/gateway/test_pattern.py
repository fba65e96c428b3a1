"""The language of patterns, against a plain reading of its rules."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.domain import WrongPattern, grams_of, parse_pattern
from services.gateway.domain.pattern import _windows

NUMBER = "+6531588001"
numbers = st.from_regex(r"\+[0-9]{7,15}", fullmatch=True)
symbols = st.text(alphabet="0123456789?*", min_size=1, max_size=12)


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        ("65", True), ("+65", True), ("+65*", True), ("+653", True), ("+31", False), ("31", True), ("8001", True),
        ("+65*8001", True), ("+65*8002", False), ("3?58", True), ("3?59", False), ("65 3158-8001", True),
        ("*", True), ("8*8", True), ("+*8001", True), ("653158800199", False), ("001?", False), ("???????", True),
    ],
)  # fmt: skip
def test_a_leading_plus_anchors_and_all_else_matches_anywhere(pattern: str, matches: bool) -> None:
    assert parse_pattern(pattern).matches(NUMBER) is matches


def test_letters_are_keys_of_a_telephone() -> None:
    assert parse_pattern("FLOWERS").matches("+18003569377")
    assert parse_pattern("flowers") == parse_pattern("356-9377")


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("", "is empty"), ("+", "is empty"), ("65+31", "may only stand at the beginning"), ("6[5]", "has '['"),
        ("٣", "write it as 3"), ("1" * 16, "no number has more than 15"), ("1*" * 8, "at most 6"),
        ("?" * 65, "at most 64"), ("(.*)+", "may only stand"), ("6\x00", "write digits"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_gets_a_sentence(pattern: str, said: str) -> None:
    with pytest.raises(WrongPattern, match=re.escape(said)):
        parse_pattern(pattern)


@given(numbers, symbols, st.booleans())
def test_a_pattern_matches_what_its_rules_say(number: str, text: str, anchored: bool) -> None:
    try:
        pattern = parse_pattern("+" * anchored + text)
    except WrongPattern:
        return
    assert pattern.matches(number) is _found(number[1:], text, anchored)


@given(numbers, st.data(), st.booleans())
def test_whatever_matches_has_one_of_the_grams(number: str, data: st.DataObject, anchored: bool) -> None:
    begin = 1 if anchored else data.draw(st.integers(1, len(number) - 1))
    part = number[begin : data.draw(st.integers(begin + 1, len(number)))]
    hidden = "".join(data.draw(st.sampled_from((digit, digit, "?"))) for digit in part)
    pattern = parse_pattern("+" * anchored + hidden)
    assert pattern.matches(number)
    assert number.startswith(pattern.prefix)
    assert not pattern.grams or set(pattern.grams) & set(grams_of(number))


@pytest.mark.parametrize(("pattern", "grams"), [("888", 11), ("8888", 1), ("+65*1234*99", 1), ("12", 0), ("1?3?", 100)])
def test_three_digits_in_a_row_are_looked_up_by_few_grams(pattern: str, grams: int) -> None:
    assert len(parse_pattern(pattern).grams) == grams


@pytest.mark.parametrize(
    ("pattern", "loose"),
    [
        ("888", False), ("8888", False), ("88888", True), ("1?3?", False), ("5?033", True), ("893*75", True),
        ("12", False), ("1*2", False), ("+65", False), ("+65*123", False), ("+6512?45", False), ("+65*123*4", True),
        ("+65?1234", False),
    ],
)  # fmt: skip
def test_a_pattern_is_loose_that_asks_for_digits_which_no_gram_tells(pattern: str, loose: bool) -> None:
    assert parse_pattern(pattern).is_loose is loose


def test_a_pattern_of_many_unknown_digits_is_not_spelled_out() -> None:
    parsed = [parse_pattern("?" * many + "1" + "?" * (14 - many)) for many in range(15)]
    assert {pattern.grams for pattern in parsed} == {()}
    assert sum(len(each.grams) for pattern in parsed for each in _windows(pattern.segments)) == 0


def _found(digits: str, pattern: str, anchored: bool) -> bool:
    """Match symbol by symbol, from each place where it may begin."""

    def fits(at: int, rest: str) -> bool:
        if not rest:
            return True
        if rest[0] == "*":
            return any(fits(further, rest[1:]) for further in range(at, len(digits) + 1))
        return at < len(digits) and rest[0] in ("?", digits[at]) and fits(at + 1, rest[1:])

    return any(fits(at, pattern) for at in range(1 if anchored else len(digits) + 1))
