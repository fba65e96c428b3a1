"""Explores the models from the command line."""

import sys
from collections.abc import Callable

import click

from tests.model.explorer import Model, Verdict, explore
from tests.model.faults import FAULTS
from tests.model.forms import full_forms, planted, small_forms

LINE = "{:36} {:>10} {:>6} {:>8}  {}"


@click.command(epilog="Example: python -m tests.model --fault epoch-not-checked")
@click.option("--fault", type=click.Choice(list(FAULTS)), help="Plant a fault and print the steps that show it.")
@click.option("--small", is_flag=True, help="Explore the small forms only, as the tests do.")
def main(fault: str | None, small: bool) -> None:
    """Explore every state of the road and of the saga, and see that every planted fault is found."""
    if fault is not None:
        _explain(fault)
        return
    click.echo(LINE.format("form", "states", "depth", "seconds", "verdict"))
    dirty = sum(not _row(name, model) for name, model in (small_forms() if small else full_forms()).items())
    click.echo()
    click.echo(LINE.format("planted fault", "states", "steps", "seconds", "found"))
    missed = sum(not _planted_row(name) for name in FAULTS)
    sys.exit(1 if dirty or missed else 0)


def _row(name: str, model: Model) -> bool:
    verdict = explore(model, _progress(name))
    _wipe()
    click.echo(_line(name, verdict, verdict.depth, verdict.wrong or "clean"))
    for number, step in enumerate(verdict.trace, 1):
        click.echo(f"{number:5}. {step}")
    return not verdict.wrong


def _planted_row(fault: str) -> bool:
    verdict = explore(planted(fault), _progress(fault))
    _wipe()
    click.echo(_line(fault, verdict, len(verdict.trace), verdict.wrong or "NOT FOUND"))
    return bool(verdict.wrong)


def _explain(fault: str) -> None:
    verdict = explore(planted(fault), _progress(fault))
    _wipe()
    click.echo(f"{fault}: {FAULTS[fault].sentence}")
    for number, step in enumerate(verdict.trace, 1):
        click.echo(f"{number:5}. {step}")
    click.echo(f"Then {verdict.wrong}." if verdict.wrong else "It was not found.")
    sys.exit(0 if verdict.wrong else 1)


def _line(name: str, verdict: Verdict, steps: int, words: str) -> str:
    return LINE.format(name, f"{verdict.states:,}", steps, f"{verdict.seconds:.1f}", words)


def _progress(name: str) -> Callable[[int, int], None]:
    def show(states: int, depth: int) -> None:
        if sys.stderr.isatty():
            click.echo(f"\r{name}: {states:,} states, {depth} steps deep", nl=False, err=True)

    return show


def _wipe() -> None:
    if sys.stderr.isatty():
        click.echo("\r\033[K", nl=False, err=True)


main()
