"""`numberbank number show` and `history`: from the events, so Kafka is all they need; of the past, from the views."""

import asyncio
from typing import Any

import click

from services.ops.faults import Exit, WrongUsage
from services.ops.finding import numbers_as_of
from services.ops.numbers import canonical_all
from services.ops.options import Time
from services.ops.past import past, present
from services.ops.printing import line, say, table
from services.ops.settings import ClientSettings
from services.ops.wording import outcome_of, until_of, whose, why

_numbers = click.argument("numbers", nargs=-1, required=True, metavar="NUMBER...")
_json = click.option("--json", "as_json", is_flag=True, help="one object a line on standard output")


@click.command(epilog="Example: numberbank number show +6531580001")
@_numbers
@click.option("--as-of", type=Time(), metavar="TIME", help="as it stood then: who had this number on that day?")
@_json
def show(numbers: tuple[str, ...], as_of: str | None, as_json: bool) -> int:
    """Show how a number stands, now or at any time.

    With --json the whole number, as its newest event told it.
    """
    chosen, settings = _chosen(numbers), ClientSettings.load()
    found = asyncio.run(_present(settings, chosen) if as_of is None else numbers_as_of(settings, chosen, as_of))
    for number in chosen:
        if number not in found:
            say(f"{number} {'is' if as_of is None else 'was'} not in the bank{'' if as_of is None else ' then'}.")
        elif as_json:
            line(found[number])
        else:
            table(("attribute", number), _attributes(found[number]))
    return Exit.ACCEPTED if len(found) == len(chosen) else Exit.REJECTED


@click.command(epilog="Example: numberbank number history +6531580001")
@_numbers
@_json
def history(numbers: tuple[str, ...], as_json: bool) -> int:
    """Show every change of a number: who, why, when; refused ones are marked.

    With --json the envelopes of the answers, oldest first.
    """
    chosen = _chosen(numbers)
    found = asyncio.run(past(ClientSettings.load(), chosen))
    for number in chosen:
        if not found[number]:
            say(f"Nothing is known of {number}.")
        elif as_json:
            for envelope in found[number]:
                line(envelope)
        else:
            columns = ("version", "time", number, "state", "until", "whose", "who asked", "why")
            table(columns, map(_change, found[number]))
    return Exit.ACCEPTED if all(found.values()) else Exit.REJECTED


async def _present(settings: ClientSettings, numbers: list[str]) -> dict[str, dict[str, Any]]:
    return {number: envelope["data"] for number, envelope in (await present(settings, numbers)).items()}


def _chosen(numbers: tuple[str, ...]) -> list[str]:
    if chosen := canonical_all(numbers):
        return chosen
    raise WrongUsage("NUMBER is missing; write it as +6531580001.")


def _attributes(data: dict[str, Any]) -> list[tuple[str, object]]:
    rows: list[tuple[str, object]] = []
    for name, value in data.items():
        if isinstance(value, dict):
            rows += [(f"{name} {inner.replace('_', ' ')}", _said(each)) for inner, each in value.items()]
        elif name != "number":
            rows.append((name.replace("_", " "), _said(value)))
    return [(name, "for ever" if name == "hold until" and not value else value) for name, value in rows]


def _said(value: object) -> object:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, list) else value


def _change(envelope: dict[str, Any]) -> tuple[object, ...]:
    data = envelope["data"]
    refused = envelope.get("type") == "command.rejected"
    happened = f"REJECTED {data.get('command')}" if refused else outcome_of(envelope)
    return (
        "" if refused else data.get("version"),
        envelope.get("time"),
        happened,
        data.get("state"),
        until_of(data),
        whose(data),
        envelope.get("actor") or envelope.get("source"),
        why(data),
    )
