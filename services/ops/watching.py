"""How a command shows the same again and again, until it is interrupted."""

import sys
import time
from collections.abc import Callable

import click

every = click.option(
    "--watch", "every", type=click.FloatRange(0.2, 3600), metavar="SECONDS", help="show it again every so often"
)


def shown(show: Callable[[], None], every: float | None) -> None:
    """Show once, or for ever; on a terminal the new takes the place of the old."""
    show()
    while every is not None:
        sys.stdout.flush()
        time.sleep(every)
        click.clear()
        show()
