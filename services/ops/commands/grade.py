"""`numberbank number grade`: how golden numbers are, and why."""

import click
from pydantic import Field

from contracts.policy import Policy
from services.chassis.settings import PolicyFile
from services.gateway.domain import Grade
from services.gateway.domain import grade as graded
from services.ops.numbers import canonical_all
from services.ops.printing import line, say, table
from services.ops.settings import StackSettings


class _GradeSettings(StackSettings):
    policy: PolicyFile = Field(
        default_factory=Policy.shipped, alias="NUMBERBANK_POLICY", description="file that says from where on is golden"
    )


@click.command(epilog="Example: numberbank number grade +6531588888")
@click.argument("numbers", nargs=-1, required=True, metavar="NUMBER...")
@click.option("--json", "as_json", is_flag=True, help="one object a line on standard output")
def grade(numbers: tuple[str, ...], as_json: bool) -> None:
    """Show how golden numbers are, from 0 to 100, and by which rules. Kafka and MongoDB are not needed.

    From the policy's golden_grade on a number is worth marking: number update NUMBER --golden.
    """
    golden_from = _GradeSettings.load().policy.golden_grade
    grades = {number: graded(number) for number in canonical_all(numbers)}
    if as_json:
        for number, each in grades.items():
            line(_described(number, each, golden_from))
        return
    table(("number", "grade", "rule", "points", "digits", "why"), _rows(grades))
    golden = [number for number, each in grades.items() if each.points >= golden_from]
    say(f"Golden from {golden_from} points on: {', '.join(golden) or 'none of these'}.")


def _rows(grades: dict[str, Grade]) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    for number, each in grades.items():
        rules = [tuple(rule) for rule in each.rules] or [("", "", "", "no rule fits")]
        rows += [(number, each.points, *rules[0]), *(("", "", *rule) for rule in rules[1:])]
    return rows


def _described(number: str, grade: Grade, golden_from: int) -> dict[str, object]:
    rules = [rule._asdict() for rule in grade.rules]
    return {"number": number, "grade": grade.points, "golden": grade.points >= golden_from, "rules": rules}
