"""The `numberbank` command line: `main` is its entry, and the only place that knows exit codes.

A command is imported when it is called: help and completion stay quick.
"""

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import NamedTuple

import click

from services.chassis.errors import Refusal
from services.ops.faults import Exit, exit_code


class Later(NamedTuple):
    """A command that is imported when it is wanted."""

    module: str
    name: str
    help: str


COMMANDS = {
    "stack": Later("stack", "stack", "Start Kafka, MongoDB and a mail server on this machine."),
    "topics": Later("topics", "topics", "Create the topics, and see how they stand."),
    "run": Later("run", "run", "Run services until SIGTERM."),
    "demo": Later("demo", "demo", "Show a year of numbers on one screen."),
    "number": Later("number", "number", "Change numbers, and see how they stand."),
    "find": Later("find", "find", "Find numbers by what they are and whose they are."),
    "export": Later("export", "export", "Write all that a search finds into a file."),
    "import": Later("bulk", "import_", "Do the same to all numbers of a file."),
    "jobs": Later("jobs", "jobs", "See how files of numbers come along; stop or undo them."),
    "gateway": Later("gateway", "gateway", "Care for the views that searches read."),
    "token": Later("token", "token", "Make and revoke tokens for the HTTP API."),
    "billing": Later("billing", "billing", "Speak as a billing system does."),
    "tail": Later("tail", "tail", "Follow what is said on the topics."),
    "lag": Later("lag", "lag", "Show what each service has left to do."),
    "timers": Later("timers", "timers", "Show which holds are over, and which will be."),
    "audit": Later("audit", "audit", "Replay what the topics hold, and compare it with itself and with MongoDB."),
    "dlq": Later("dlq", "dlq", "See dead letters, put them back or close them."),
    "rights": Later("rights", "rights", "Show the least that each user must be allowed in Kafka and MongoDB."),
    "completion": Later("completion", "completion", "Print the completion script of a shell."),
}


class Unread(Exception):
    """Nobody reads what is written; click would leave with a code that means that something was rejected."""


class Lazy(click.Group):
    """A group that knows its commands by name and one line each."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Give the names in the order of a working day."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        later = COMMANDS.get(cmd_name)
        if later is None:
            return None
        command: click.Command = getattr(import_module(f"services.ops.commands.{later.module}"), later.name)
        return command

    def invoke(self, ctx: click.Context) -> object:
        """Run the command that was chosen."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise Unread from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, later.help) for name, later in COMMANDS.items()])


@click.command(
    cls=Lazy,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog="Example: numberbank number reserve +6531580001 --org acme --remark 'for the fair'",
)
def cli() -> None:
    """Keep a bank of telephone numbers: lend them out, let them rest, have them back.

    Where Kafka and MongoDB are is read from KAFKA_BOOTSTRAP_SERVERS and MONGODB_URL. Every command has
    --json: one object a line on standard output, all else on standard error.

    Exit codes: 0 all accepted; 1 something rejected; 2 wrong usage or setting; 3 no answer in time;
    4 Kafka or MongoDB not usable; 130 interrupted.
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command and leave with its exit code."""
    sys.exit(outcome_of(arguments))


def outcome_of(arguments: Sequence[str] | None = None) -> int:
    """Run a command; give its exit code. What goes wrong is said in one sentence on standard error."""
    try:
        code = cli.main(arguments, prog_name="numberbank", standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        return Exit.WRONG_USAGE
    except (click.Abort, KeyboardInterrupt):
        return Exit.INTERRUPTED
    except (Unread, BrokenPipeError):
        # Whoever read has gone; without this Python complains about it at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.__stdout__.fileno() if sys.__stdout__ else 1)
        return Exit.INTERRUPTED
    except Refusal as error:
        click.echo(f"numberbank: {error}", err=True)
        return exit_code(error)
    return int(code) if isinstance(code, int) else Exit.ACCEPTED


if __name__ == "__main__":
    main()
