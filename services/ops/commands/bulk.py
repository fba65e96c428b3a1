"""`numberbank import`: a file of numbers, each a command."""

import asyncio

import click

from services.gateway.bulk.files.reading import FORMATS
from services.gateway.bulk.submitting import PlanChanged
from services.gateway.domain.row import WrongFile
from services.gateway.domain.verb import VERBS
from services.ops.bulk.ordering import BulkSettings, Wish, given_data, order_file, preview_file, who_asks
from services.ops.bulk.telling import exit_of, show_job, show_plan
from services.ops.bulk.watching import watch
from services.ops.exporting.exporting import Step
from services.ops.exporting.progress import progress
from services.ops.faults import Exit, WrongUsage
from services.ops.printing import line, say

HASH = click.option("--plan", metavar="HASH", help="run only if all comes out as --dry-run has shown it")
DRY_RUN = click.option("--dry-run", is_flag=True, help="show what would become of the rows, and send nothing")
WAIT = click.option("--wait/--no-wait", default=True, show_default=True, help="wait until the job is done")
ACTOR = click.option("--actor", help="who asks; else NUMBERBANK_ACTOR, else /ops")
JSON = click.option("--json", "as_json", is_flag=True, help="one object a line: how far it is, then the job or plan")


@click.command(
    "import", epilog="Example: numberbank import numbers.csv --verb add --data vendor=v1 --data sku=sg-local --dry-run"
)
@click.argument("file", metavar="FILE")
@click.option("--verb", type=click.Choice(list(VERBS)), default="import", show_default=True, help="what is done")
@click.option("--format", type=click.Choice(FORMATS), help="of the file, where its name does not tell")
@click.option("--data", multiple=True, metavar="FIELD=VALUE", help="for all rows, before what the file says; repeated")
@click.option("--force", is_flag=True, help="recover also what was ported out or returned to the vendor")
@DRY_RUN
@HASH
@WAIT
@ACTOR
@JSON
def import_(
    file: str,
    verb: str,
    format: str | None,
    data: tuple[str, ...],
    force: bool,
    dry_run: bool,
    plan: str | None,
    wait: bool,
    actor: str | None,
    as_json: bool,
) -> int:
    """Do the same to all numbers of a file, as a job of the gateway; it goes on without you.

    FILE is CSV, JSON Lines or Parquet, of any length; - is standard input. Its columns are number and the fields of the
    command, nested ones with a dot (holder.org); what numberbank export writes can be read. Rows that cannot be meant
    are refused one by one; numberbank jobs result tells what became of each.
    """
    if dry_run and plan is not None:
        raise WrongUsage("--dry-run and --plan contradict each other: the one gives the hash, the other wants it.")
    settings = BulkSettings.load()
    with progress(as_json) as show:
        chosen = VERBS[verb]
        common, who = given_data(chosen, data), who_asks(settings, actor)
        wish = Wish(file, format, chosen, common, who, force, lambda rows: show(Step(rows, 0, approximate=True)))
        try:
            if dry_run:
                found, reading = asyncio.run(preview_file(settings, wish))
                return show_plan(found, sorted(reading.ignored), as_json)
            job, reading = asyncio.run(order_file(settings, wish, plan))
            if wait:
                job = asyncio.run(watch(settings, job.id, show))
        except WrongFile as error:
            return said(error, as_json)
    if reading.ignored and not as_json:
        say(f"Columns of no use for this: {', '.join(sorted(reading.ignored))}.")
    show_job(job, as_json)
    return exit_of(job) if wait else Exit.ACCEPTED


def said(error: WrongFile, as_json: bool) -> int:
    """Say that a plan has changed; give the exit code. Raises `WrongUsage` for a file that cannot be meant."""
    if not isinstance(error, PlanChanged):
        raise WrongUsage(f"{error}") from None
    if as_json:
        line({"refused": {"code": "plan_changed", "message": f"{error}"}})
    say(f"{error}")
    return Exit.REJECTED
