"""`numberbank find`: numbers by what they are, whose they are, and how long they rest."""

import asyncio
from collections.abc import Collection
from datetime import datetime
from typing import Any

import click
from pydantic import Field

from contracts.policy import Policy
from services.chassis.settings import PolicyFile
from services.gateway.domain import PRESETS, Search, WrongSearch, begun, continued, preset
from services.ops.faults import WrongUsage
from services.ops.finding import Found, find_numbers
from services.ops.options import data_from, fields_of, option_of
from services.ops.printing import line, say, table
from services.ops.settings import StackSettings
from services.ops.wording import until_of, whose

FIELDS = [field for field in fields_of(Search) if field.path != ("q",)]


class FindSettings(StackSettings):
    """What a search at the command line takes from its surroundings."""

    policy: PolicyFile = Field(
        default_factory=Policy.shipped, alias="NUMBERBANK_POLICY", description="file that says what is stale"
    )


def _find(
    q: str | None,
    preset_name: str | None,
    limit: int,
    cursor: str | None,
    facets: bool,
    as_json: bool,
    **given: Any,
) -> None:
    settings = FindSettings.load()
    began: datetime | None = None
    try:
        if preset_name is not None:
            began, cursor = begun(cursor, settings.clock().now())
        search = asked_for(settings, q, preset_name, given, began)
        found = asyncio.run(find_numbers(settings, search, limit, cursor, facets=facets))
    except WrongSearch as error:
        raise WrongUsage(f"{error}") from None
    _show(found._replace(next=continued(found.next, began)), as_json)


def asked_for(
    settings: FindSettings, q: str | None, preset_name: str | None, given: dict[str, Any], began: datetime | None = None
) -> Search:
    """Give the search that the options say, a preset as of when it `began`, or of now. Raises `WrongUsage`."""
    try:
        asked = {} if preset_name is None else preset(preset_name, began or settings.clock().now(), settings.policy)
        fields = data_from(FIELDS, given)
        asked |= {name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()}
        return Search.of(asked if q is None else asked | {"q": q})
    except WrongSearch as error:
        raise WrongUsage(f"{error}") from None


def _show(found: Found, as_json: bool) -> None:
    counts = found.facets
    if as_json:
        for number in found.numbers:
            line(number)
        summary: dict[str, Any] = {"numbers": len(found.numbers), "next": found.next}
        if counts is not None:
            summary |= {"total": counts.total, "approximate": counts.approximate, "facets": counts.facets}
        line({"summary": summary})
        return
    columns = ("number", "state", "since", "until", "whose", "vendor", "country", "sku", "can")
    table(columns, [_row(number) for number in found.numbers])
    if counts is not None:
        rows = [(facet, _said(value), n) for facet, values in counts.facets.items() for value, n in values.items()]
        table(("facet", "value", "numbers"), rows)
        say(f"{'At least ' if counts.approximate else ''}{counts.total} numbers.")
    say(f"More with --cursor {found.next}" if found.next else f"{len(found.numbers)} shown, the last ones.")


def _row(number: dict[str, Any]) -> tuple[object, ...]:
    marks = [name.replace("_", "-") for name in ("golden", "ported_in") if number[name]]
    can = ", ".join([*number["capabilities"], *marks])
    return (
        number["number"], number["state"], number["since"], until_of(number), whose(number), number["vendor"],
        number["country"], number["sku"], can,
    )  # fmt: skip


def _said(value: object) -> object:
    return {True: "yes", False: "no"}.get(value, value) if isinstance(value, bool) else value


def filters(without: Collection[str] = ()) -> list[click.Parameter]:
    """Give the arguments and options that say what is looked for."""
    return [
        click.Argument(["q"], required=False, metavar="[TEXT]"),
        *(option_of(field) for field in FIELDS if field.path[0] not in without),
        click.Option(["--preset", "preset_name"], metavar="NAME", help=f"a usual search: {', '.join(PRESETS)}"),
    ]


find = click.Command(
    "find",
    callback=_find,
    params=[
        *filters(),
        click.Option(["--limit"], type=click.IntRange(1, 1000), default=50, show_default=True, help="numbers a page"),
        click.Option(["--cursor"], help="go on where an earlier page ended"),
        click.Option(["--facets"], is_flag=True, help="count what fits, by state, vendor, country and more"),
        click.Option(["--json", "as_json"], is_flag=True, help="one object a line: numbers, then a summary"),
    ],
    short_help="Find numbers by what they are and whose they are.",
    help="""Find numbers: all that is given must fit, of several values any one.

    TEXT is part of a number, a subscription or an owner. A pattern is a part of the number: a leading + anchors it, *
    stands for any run of digits, ? for one, and letters for the keys of a telephone. Ranges include their beginning
    and not their end.""",
    epilog="Example: numberbank find --state available --pattern '+65*888' --facets",
)
