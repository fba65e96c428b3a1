"""`python -m tests.bench`: inventory end to end, beside the ceiling and a plain handler, in one run."""

import asyncio
import os
from collections.abc import Iterator

import click
from pydantic_core import to_json

from services.ops.stack import local_stack
from tests.bench.contenders import Round, compete
from tests.bench.load import Backlog
from tests.bench.report import Race, figures, show

ORDER = ("ceiling", "inventory", "plain", "inventory", "ceiling")  # interleaved, so that noise shows
HOT_ORDER = ("ceiling", "inventory", "inventory", "ceiling")


def races(commands: int) -> Iterator[tuple[str, tuple[str, ...], Backlog]]:
    """Give name, order and backlog of each race: many numbers, then the worst case."""
    yield "10,000 numbers", ORDER, Backlog(min(10_000, commands), commands)
    yield "one hot number", HOT_ORDER, Backlog(1, commands // 3)


async def run(env: dict[str, str], commands: int) -> list[Race]:
    """Let all contenders compete in all races."""
    ran: list[Race] = []
    for name, order, backlog in races(commands):
        rounds: list[Round] = []
        records = list(backlog.records())
        for contender in order:
            chosen, numbers = records, backlog.numbers
            if contender == "plain":  # slow: a thirtieth is enough
                few = Backlog(max(1, backlog.numbers // 30), backlog.commands // 30)
                chosen, numbers = list(few.records()), few.numbers
            rounds.append(await compete(contender, env, chosen, numbers, f"round_{len(ran)}_{len(rounds)}"))
            click.echo(f"{name}: {contender} {rounds[-1].rate:,.0f}/s", err=True)
        ran.append(Race(name, rounds))
    return ran


@click.command()
@click.option("--commands", default=60_000, show_default=True, help="how many are measured in a round")
@click.option("--json", "as_json", is_flag=True, help="one JSON object instead of a table")
def main(commands: int, as_json: bool) -> None:
    """Measure inventory end to end, as a ratio to the ceiling and to a plain handler."""
    with local_stack(mail=False, progress=lambda text: click.echo(text, err=True)) as stack:
        ran = asyncio.run(run({**os.environ, **stack.env}, commands))
    if as_json:
        click.echo(to_json(figures(ran)))
    else:
        show(ran)


main()
