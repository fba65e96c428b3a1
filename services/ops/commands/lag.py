"""`numberbank lag`: what each service has left to do."""

import asyncio

import click

from services.ops.lagging import Left, left_to_do, summed
from services.ops.printing import line, table
from services.ops.settings import ClientSettings
from services.ops.watching import every, shown

COLUMNS = ("service", "topic", "partition", "end", "next", "committed", "left", "dead letters", "instances")


@click.command(epilog="Example: numberbank lag --partitions --watch 5")
@click.option("--partitions", is_flag=True, help="each partition on a line of its own")
@every
@click.option("--json", "as_json", is_flag=True, help="one object a line on standard output")
def lag(partitions: bool, every: float | None, as_json: bool) -> None:
    """Show how far each service is with each topic that it reads, and the dead letters that are still open.

    `next` is what its fence in MongoDB says and what counts; `committed` is what Kafka was told, a little later.
    `instances`: how many processes share its partitions now; with 0 nobody works on them.
    """
    shown(lambda: _show(partitions, as_json), every)


def _show(partitions: bool, as_json: bool) -> None:
    found = asyncio.run(left_to_do(ClientSettings.load()))
    rows: list[Left] = found if partitions else summed(found)
    if as_json:
        for each in rows:
            line(each.described())
    else:
        hidden = () if partitions else ("partition",)
        columns = [name for name in COLUMNS if name not in hidden]
        table(columns, [[each.described().get(name.replace(" ", "_")) for name in columns] for each in rows])
