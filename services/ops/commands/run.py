"""`numberbank run`: services until SIGTERM."""

import click

from contracts.topics import SERVICES
from services.ops.faults import WrongUsage


@click.command(epilog="Example: numberbank run all --health-port 8080")
@click.argument("services", nargs=-1, required=True, metavar="SERVICE...")
@click.option(
    "--health-port",
    type=click.IntRange(1, 65_535),
    help="serve /livez, /readyz and /metrics here; further workers on the ports that follow",
)
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="processes")
@click.option("--json", "as_json", is_flag=True, help="changes nothing: logs are JSON on standard error")
def run(services: tuple[str, ...], health_port: int | None, workers: int, as_json: bool) -> int:
    """Run services until SIGTERM, with JSON logs on standard error: `all`, or any of them by name."""
    from services.ops.run import run_services

    if health_port is not None and health_port + workers - 1 > 65_535:
        raise WrongUsage(f"--health-port {health_port} leaves no port for each of {workers} workers.")
    return run_services([_service(name) for name in services], workers, health_port)


def _service(name: str) -> str:
    dashed = name.replace("_", "-")
    if dashed not in (*SERVICES, "all"):
        raise WrongUsage(f"There is no service {name!r}; there are {', '.join(SERVICES)}, and all of them: all.")
    return dashed
