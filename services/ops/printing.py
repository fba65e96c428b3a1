"""How the command line speaks: tables and sentences for people, an object a line for programs."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import click
from pydantic_core import to_json


def line(value: Mapping[str, Any]) -> None:
    """Write one JSON object on standard output."""
    click.echo(to_json(value).decode())


def say(text: str) -> None:
    """Write to a person on standard error."""
    click.echo(printable(text), err=True)


def printable(text: object) -> str:
    """Give text that cannot steer a terminal: control characters become dots."""
    return "".join(char if char.isprintable() else "\u00b7" for char in str(text))


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a table; on anything but a terminal it is as wide as it needs to be."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    drawn = Table(*columns, box=SIMPLE_HEAD, pad_edge=False)
    for column in drawn.columns:
        column.overflow = "fold"
    for row in rows:
        drawn.add_row(*(printable("" if cell is None else cell) for cell in row))
    sheet = Console(markup=False, highlight=False, emoji=False, width=None if sys.stdout.isatty() else 1000)
    with sheet.capture() as captured:
        sheet.print(drawn)
    click.echo("\n".join(text.rstrip() for text in captured.get().splitlines() if text.strip()))
