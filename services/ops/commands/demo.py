"""`numberbank demo`: a year of numbers on one screen."""

from importlib import import_module

import click


@click.command(epilog="Example: numberbank demo --stay")
@click.option("--stay", is_flag=True, help="keep all running afterwards, until Ctrl-C")
@click.option(
    "--seconds", type=click.FloatRange(min=20, max=86_400), default=60.0, show_default=True, help="a year takes so long"
)
@click.option("--json", "as_json", is_flag=True, help="one check a line on standard output")
def demo(stay: bool, seconds: float, as_json: bool) -> int:
    """Show a year of numbers on one screen in about a minute, on a stack of its own, and check what became of them."""
    return int(import_module("services.ops.demo").main(json=as_json, stay=stay, seconds=seconds))
