"""`python -m tests.bench [RACE...]`: how fast the system is, against its marks."""

import os
import sys
from dataclasses import replace
from pathlib import Path

import click
from pydantic_core import to_json

from tests.bench.figures import Outcome, all_met
from tests.bench.plot import draw
from tests.bench.races.every import EVERY_RACE
from tests.bench.report import show
from tests.bench.running import run_all
from tests.bench.saving import machine, save
from tests.bench.sizes import FULL, QUICK, USUAL

NAMES = {race.name.replace(" ", "-"): race for race in EVERY_RACE}


@click.command(epilog="Example: python -m tests.bench timers --timers 10000000")
@click.argument("races", nargs=-1, type=click.Choice(list(NAMES)), metavar="[RACE]...")
@click.option("--quick", "sizes", flag_value=QUICK, type=click.UNPROCESSED, help="sizes that only show that it works")
@click.option("--full", "sizes", flag_value=FULL, type=click.UNPROCESSED, help="ten million timers and numbers")
@click.option("--commands", type=int, help="commands in a round")
@click.option("--timers", type=int, help="pending holds")
@click.option("--json", "json_to", type=click.File("wb"), help="write JSON to a file, or to - instead of the tables")
@click.option("--plot", type=click.Path(path_type=Path), default="bench.svg", show_default=True, help="picture of all")
@click.option("--save", "saved", is_flag=True, help="put it on record in tests/bench/RESULT.md")
def main(races, sizes, commands, timers, json_to, plot, saved) -> None:  # type: ignore[no-untyped-def]
    """Run races, all of them by default, and judge them by their marks: 0 when all are met, else 1."""
    given = {name: value for name, value in {"commands": commands, "timers": timers}.items() if value is not None}
    chosen = [NAMES[name] for name in races or NAMES]
    outcomes: list[Outcome] = []
    for outcome in run_all(
        chosen, os.environ, replace(sizes or USUAL, **given), lambda text: click.echo(text, err=True)
    ):
        outcomes.append(outcome)
        draw(plot, outcomes)
        if saved:
            save([outcome], sys.argv[1:])
    if json_to is not None:
        described = [outcome.described() for outcome in outcomes]
        json_to.write(to_json({"machine": machine(), "races": described}, indent=1) + b"\n")
    if json_to is None or json_to.name != "<stdout>":
        show(outcomes)
    sys.exit(0 if all_met(outcomes) else 1)


main()
