"""What all races came to, for people: a table for each, and bars."""

from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from tests.bench.figures import Outcome
from tests.bench.plot import show_bars

VERDICTS = {True: "[green]met[/]", False: "[red]not met[/]", None: ""}


def show(outcomes: Sequence[Outcome]) -> None:
    """Write tables and bars on standard output."""
    console = Console(width=120)
    for outcome in outcomes:
        console.print(f"[bold]{outcome.race}[/]: {outcome.measures} ({outcome.seconds:.0f} s)")
        if outcome.failure is not None:
            console.print(f"  [red]failed[/]: {outcome.failure}\n")
        else:
            console.print(_table(outcome))
    show_bars(console, outcomes)


def _table(outcome: Outcome) -> Table:
    table = Table("figure", "value", "mark", "", box=SIMPLE_HEAD)
    for figure in outcome.figures:
        table.add_row(figure.name, figure.shown, figure.mark, VERDICTS[figure.met])
    return table
