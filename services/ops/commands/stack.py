"""`numberbank stack`: the local stack in the foreground."""

import asyncio
import signal
import threading
from pathlib import Path
from types import FrameType

import click

from services.chassis.errors import Unusable
from services.ops.printing import line, say
from services.ops.settings import StackSettings

_port = click.IntRange(1, 65_535)


@click.command(epilog="Example: numberbank stack --kafka-port 9092 --data ./stack")
@click.option("--kafka-port", type=_port, help="of Kafka on 127.0.0.1; else a free one")
@click.option("--mongo-port", type=_port, help="of MongoDB on 127.0.0.1; else a free one")
@click.option("--smtp-port", type=_port, help="of the mail server on 127.0.0.1; else a free one")
@click.option(
    "--data", type=click.Path(file_okay=False, path_type=Path), help="folder that is kept; else all is forgotten"
)
@click.option("--json", "as_json", is_flag=True, help="{name, value} a line on standard output")
def stack(
    kafka_port: int | None, mongo_port: int | None, smtp_port: int | None, data: Path | None, as_json: bool
) -> int:
    """Start Kafka, MongoDB and a mail server on this machine, with all topics, until Ctrl-C or SIGTERM.

    When they are ready it writes one line for each variable, so that a shell can take them over:
    numberbank stack > stack.env, then in another one . stack.env. Mail is kept as a Maildir.
    """
    from services.ops.stack import StackError, local_stack
    from services.ops.topics import create_topics

    settings = StackSettings.load()
    signal.signal(signal.SIGTERM, _end)
    try:
        with local_stack(kafka_port=kafka_port, mongo_port=mongo_port, smtp_port=smtp_port, data=data) as started:
            servers = started.env["KAFKA_BOOTSTRAP_SERVERS"]
            asyncio.run(create_topics(servers, settings.partitions, settings.replication))
            for name, value in started.env.items():
                if as_json:
                    line({"name": name, "value": value})
                else:
                    click.echo(f"export {name}={value}")
            say(f"Mail is kept in {started.maildir}. Ctrl-C ends the stack.")
            threading.Event().wait()
    except Terminated:
        pass
    except StackError as error:
        raise Unusable(str(error)) from None
    return 0


class Terminated(BaseException):
    """SIGTERM has come."""


def _end(number: int, frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # once is enough: what follows is the orderly end
    raise Terminated
