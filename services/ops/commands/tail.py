"""`numberbank tail`: what is said on the topics, as it is said."""

import asyncio
import sys
from typing import Any

import click

from contracts.topics import TOPICS
from services.ops.numbers import canonical
from services.ops.options import Time
from services.ops.printing import line, printable
from services.ops.reading import known_topic
from services.ops.settings import ClientSettings
from services.ops.tailing import as_line, as_object, follow, time_of


@click.command(epilog="Example: numberbank tail inventory.events --number +6531580001 --since 2026-03-01")
@click.argument("topics", nargs=-1, metavar="[TOPIC...]")
@click.option("--number", help="only what concerns this number")
@click.option(
    "--since", type=Time(), help="begin with what Kafka got then, in real time, or a date; else with what comes"
)
@click.option("--json", "as_json", is_flag=True, help="envelopes with topic, partition, offset, one a line")
def tail(topics: tuple[str, ...], number: str | None, since: str | None, as_json: bool) -> None:
    """Follow topics until Ctrl-C. Without TOPIC all but those of dead letters."""
    names = [known_topic(name) for name in topics] or [topic.name for topic in TOPICS]

    def tell(record: Any) -> None:
        if as_json:
            line(as_object(record))
        else:
            click.echo(printable(as_line(record, time_of(record))))
        sys.stdout.flush()

    wanted = None if number is None else canonical(number)
    asyncio.run(follow(ClientSettings.load(), list(dict.fromkeys(names)), wanted, since, tell))
