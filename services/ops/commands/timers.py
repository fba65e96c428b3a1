"""`numberbank timers`: which holds are over, and which will be."""

import asyncio

import click

from contracts.fields import format_instant
from services.ops.printing import line, say, table
from services.ops.settings import ClientSettings
from services.ops.timing import described, due
from services.ops.watching import every, shown


@click.command(epilog="Example: numberbank timers --next 20")
@click.option("--next", "several", type=click.IntRange(0, 10_000), default=0, help="list so many, the next one first")
@every
@click.option("--json", "as_json", is_flag=True, help="one object a line: causes, timers, then a summary")
def timers(several: int, every: float | None, as_json: bool) -> None:
    """Show by cause how many holds are over and wait for their end, and when the others will be over.

    By the clock of the services, also a simulated one. Holds for ever have no timer.
    """
    shown(lambda: _show(several, as_json), every)


def _show(several: int, as_json: bool) -> None:
    found = asyncio.run(due(ClientSettings.load(), several))
    listed = [described(timer, found.now) for timer in found.next]
    oldest = None if found.oldest is None else described(found.oldest, found.now)
    if as_json:
        for each in (*(cause._asdict() for cause in found.causes), *listed):
            line(each)
        total = {name: value for name, value in found.total._asdict().items() if name != "cause"}
        line({"summary": {"now": format_instant(found.now), **total, "oldest_overdue": oldest}})
        return
    columns = ("cause", "overdue", "within 24 h", "within 7 d", "later")
    table(columns, [*found.causes, found.total] if found.causes else [found.total])
    if listed:
        names = ("number", "cause", "until", "next_at", "does", "attempt")
        table([name.replace("_", " ") for name in names], [[each[name] for name in names] for each in listed])
    say(f"It is {format_instant(found.now)}.")
    if oldest is not None:
        say(f"The longest overdue is {oldest['number']}, since {oldest['until']}.")
