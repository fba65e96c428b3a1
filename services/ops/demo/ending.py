"""What is left when the year is over: what was proven, and how to play on."""

import shlex
from collections.abc import Mapping, Sequence

import click

from services.ops.demo.books import Finding
from services.ops.demo.cast import BY_HAND, LONDON
from services.ops.printing import line, table

RATE_TO_PLAY = 86_400.0  # a day a second


def tell_findings(findings: Sequence[Finding], as_json: bool) -> None:
    """Write the findings: a table for people, an object a line for programs."""
    if as_json:
        for finding in findings:
            line(finding._asdict())
        return
    click.echo("\nWhat was proven, from what the topics say, and at the desk:")
    table(("", "what", "evidence"), [("yes" if each.ok else "NO", each.check, each.evidence) for each in findings])


def tell_how_to_play(settings: Mapping[str, str], as_json: bool) -> None:
    """Write what another shell needs, and a few commands to begin with."""
    lines = [
        "",
        "All keeps running until Ctrl-C; a day passes every second. In another shell:",
        *(f"  export {name}={shlex.quote(value)}" for name, value in settings.items()),
        f"  numberbank number show {BY_HAND}",
        f"  numberbank number reserve {LONDON.number(20)} --org acme --remark 'for me'",
        "  numberbank find acme --facets",
        "  numberbank tail inventory.events lifecycle.events notification.events",
    ]
    for each in lines:
        click.echo(each, err=as_json)


def tell_of_staying(as_json: bool) -> None:
    """Write how to have a bank to play with."""
    click.echo(
        "\nTo play on with this bank: numberbank demo --stay. To begin an empty one: numberbank stack.", err=as_json
    )
