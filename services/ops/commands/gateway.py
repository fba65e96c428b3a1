"""`numberbank gateway`: care for the views that searches read."""

import asyncio

import click

from services.ops.printing import line, say
from services.ops.rebuilding import Built, rebuild


@click.group(epilog="Example: numberbank gateway rebuild", short_help="Care for the views that searches read.")
def gateway() -> None:
    """Care for the views that searches read."""


@gateway.command("rebuild", epilog="Example: numberbank gateway rebuild")
@click.option("--anew", is_flag=True, help="drop what an interrupted rebuild has made, instead of building on")
@click.option("--json", "as_json", is_flag=True, help="one object a line: how far it is, then a summary")
def rebuild_command(anew: bool, as_json: bool) -> None:
    """Make the views anew from inventory.events, beside the live ones; switch when they are level.

    Searches go on meanwhile. Interrupted at any moment, it is begun again and goes on where it was. It needs the
    rights of the gateway.
    """
    from services.chassis.logs import log_json
    from services.gateway.settings import GatewaySettings

    settings = GatewaySettings.load()
    log_json("ERROR" if settings.log_level != "DEBUG" else "DEBUG")

    def show(built: Built) -> None:
        if as_json:
            line(built._asdict())
        else:
            say(f"{built.read:,} of {built.events:,} events ({_share(built):.0%})")

    built = asyncio.run(rebuild(settings, show, anew=anew))
    if as_json:
        line({"summary": {**built._asdict(), "switched": True}})
    else:
        say(f"The views are made anew from {built.read:,} events, and are read from now on.")


def _share(built: Built) -> float:
    return built.read / built.events if built.events else 1.0
