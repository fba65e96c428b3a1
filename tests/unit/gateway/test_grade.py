"""How golden numbers are, and why."""

import pytest

from services.gateway.domain import grade


@pytest.mark.parametrize(
    ("number", "rules"),
    [
        ("+6588888888", ["run", "ending", "few digits"]),
        ("+6512345678", ["ladder"]),
        ("+6587654321", ["ladder"]),
        ("+6512344321", ["ladder", "mirror"]),
        ("+6512341234", ["ladder", "echo"]),
        ("+6531535858", ["echo"]),
        ("+6531581122", ["pairs"]),
        ("+6531582000", ["run", "ending", "year"]),
        ("+6531582047", ["year"]),
        ("+6531584709", []),
    ],
)
def test_each_rule_is_named(number: str, rules: list[str]) -> None:
    names = [each.rule for each in grade(number).rules]
    assert [name for name in names if name in rules] == rules
    assert rules or not names


def test_the_grade_is_the_sum_of_its_rules_and_at_most_100() -> None:
    some = grade("+6531584477")
    assert some.points == sum(each.points for each in some.rules)
    assert grade("+6588888888").points == 100
    assert grade("+6531584709").points == 0


def test_the_digits_that_earn_points_are_shown() -> None:
    assert {each.rule: each.digits for each in grade("+6531588880").rules}["run"] == "8888"


def test_rarer_is_more_golden() -> None:
    ranks = [grade(number).points for number in ("+6588888888", "+6531888888", "+6531588881", "+6531584888")]
    assert ranks == sorted(ranks, reverse=True)


@pytest.mark.parametrize("number", ["+1234567", "+123456789012345", "+0000000"])
def test_every_number_has_a_grade(number: str) -> None:
    assert 0 <= grade(number).points <= 100
