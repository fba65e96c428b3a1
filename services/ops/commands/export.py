"""`numberbank export`: all that a search finds, in a file."""

import asyncio
from pathlib import Path
from typing import Any

import click
from pydantic_core import to_json

from services.gateway.export.formats import FORMATS
from services.ops.commands.find import FindSettings, asked_for, filters
from services.ops.exporting.exporting import Exported, Wish, export_numbers
from services.ops.exporting.progress import progress
from services.ops.printing import line, say


def _export(
    q: str | None,
    preset_name: str | None,
    format: str,
    output: Path,
    anew: bool,
    replace: bool,
    as_json: bool,
    **given: Any,
) -> None:
    settings = FindSettings.load()
    asked = to_json({"q": q, "preset": preset_name, **given}).decode()
    wish = Wish(asked_for(settings, q, preset_name, given), asked, format, output, anew, replace)
    with progress(as_json) as show:
        exported = asyncio.run(export_numbers(settings, wish, show))
    _show(exported, wish, as_json)


def _show(exported: Exported, wish: Wish, as_json: bool) -> None:
    if as_json:
        line({"summary": {**exported._asdict(), "format": wish.format, "output": str(wish.output)}})
        return
    before = f", {exported.resumed_at:,} of them from before" if exported.resumed_at else ""
    say(f"{exported.rows:,} numbers in {wish.output}{before} ({exported.bytes:,} bytes).")


export = click.Command(
    "export",
    callback=_export,
    params=[
        *filters(without=("sort", "descending")),
        click.Option(["--format"], type=click.Choice(list(FORMATS)), required=True, help="what is written"),
        click.Option(
            ["--output"], type=click.Path(path_type=Path), required=True, metavar="FILE", help="file to write"
        ),
        click.Option(["--anew"], is_flag=True, help="drop what an interrupted export has left, instead of going on"),
        click.Option(["--replace"], is_flag=True, help="replace the file if it is there already"),
        click.Option(["--json", "as_json"], is_flag=True, help="one object a line: how far it is, then a summary"),
    ],
    short_help="Write all that a search finds into a file.",
    help="""Write all that a search finds into a file, in the order of numbers; the filters are those of find.

    A number comes once, although numbers move meanwhile. The file has its name when it is complete; until then it is
    FILE.part. An interrupted csv or jsonl goes on where it was when the same command is given again; the others begin
    again.""",
    epilog="Example: numberbank export --state available --format csv --output available.csv",
)
