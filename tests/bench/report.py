"""What the rounds come to: medians, and ratios between contenders of the same run."""

from collections.abc import Iterator, Sequence
from statistics import median
from typing import Any, NamedTuple

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from tests.bench.contenders import Round


class Race(NamedTuple):
    """The rounds of all contenders over the same backlog."""

    name: str
    rounds: Sequence[Round]


class Standing(NamedTuple):
    """One contender in one race: medians of its rounds."""

    race: str
    contender: str
    rates: list[float]  # commands a second, of each round
    rate: float
    cost: float | None  # microseconds of processor a command
    to_ceiling: float
    to_plain: float | None  # None: the plain handler was not in any race


def standings(races: Sequence[Race]) -> Iterator[Standing]:
    """Give how each contender stands in each race. The plain handler is as slow in all of them."""
    plain = [round.rate for race in races for round in race.rounds if round.contender == "plain"]
    for race in races:
        by_name: dict[str, list[Round]] = {}
        for round in race.rounds:
            by_name.setdefault(round.contender, []).append(round)
        ceiling = median(round.rate for round in by_name["ceiling"])
        for name, rounds in by_name.items():
            rate = median(round.rate for round in rounds)
            costs = [round.cost for round in rounds if round.cost is not None]
            yield Standing(
                race.name, name, [round.rate for round in rounds], rate, median(costs) if costs else None,
                rate / ceiling, rate / median(plain) if plain else None,
            )  # fmt: skip


def figures(races: Sequence[Race]) -> dict[str, Any]:
    """Give all as one object."""
    return {"races": [standing._asdict() for standing in standings(races)]}


def show(races: Sequence[Race]) -> None:
    """Write a table on standard output."""
    table = Table("race", "contender", "commands/s", "us/command", "to ceiling", "to plain", "rounds", box=SIMPLE_HEAD)
    for found in standings(races):
        table.add_row(
            found.race,
            found.contender,
            f"{found.rate:,.0f}",
            "-" if found.cost is None else f"{found.cost:,.0f}",
            f"{found.to_ceiling:.2f}",
            "-" if found.to_plain is None else f"{found.to_plain:,.0f}",
            ", ".join(f"{rate:,.0f}" for rate in found.rates),
        )
    Console(width=110).print(table)
