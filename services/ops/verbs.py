"""Verbs of the command line, each made from a message of the contracts."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import click

from contracts.fields import format_instant
from contracts.message import Message, Topic
from services.ops.answers import Teller
from services.ops.asking import Answer, ask, exit_of
from services.ops.envelopes import SOURCE, Sending, ids_for, sending
from services.ops.options import DataField, Time, data_of, fields_of, option_of, type_of
from services.ops.settings import ClientSettings


class Manner(NamedTuple):
    """How a message is sent: what every verb takes."""

    time: str | None
    id: str | None
    actor: str | None
    timeout: float
    json: bool


JSON = click.Option(["--json", "as_json"], is_flag=True, help="one object a line on standard output")
MANNER: tuple[click.Option, ...] = (
    click.Option(["--time", "sent_time"], type=Time(), help="time of the message, or a date; else the clock"),
    click.Option(
        ["--id", "sent_id"],
        help="id of the message: sent twice it is done once; for several numbers ID/NUMBER; else a random one",
    ),
    click.Option(["--actor", "sent_actor"], help="who asks; else NUMBERBANK_ACTOR, else /ops"),
    click.Option(
        ["--timeout", "sent_timeout"],
        type=click.FloatRange(min=0, max=86_400),
        default=10.0,
        show_default=True,
        help="seconds to wait for answers",
    ),
    JSON,
)


class Verb(NamedTuple):
    """A message as a command: what it says, and the example of its help."""

    message: type[Message]
    topic: Topic
    example: str

    @property
    def type(self) -> str:
        """The type of the message."""
        return type_of(self.message)

    @property
    def fields(self) -> list[DataField]:
        """The fields of its data."""
        return fields_of(data_of(self.message))


def command(
    name: str,
    verb: Verb,
    argument: click.Argument,
    fields: Sequence[DataField],
    act: Callable[..., int],
    extra: Sequence[click.Option] = (),
) -> click.Command:
    """Make the command of a verb. `act` is called with the argument, the `Manner` and the other options."""

    def callback(sent_time: str, sent_id: str, sent_actor: str, sent_timeout: float, as_json: bool, **rest: Any) -> int:
        return act(manner=Manner(sent_time, sent_id, sent_actor, sent_timeout, as_json), **rest)

    about = [(verb.message.__doc__ or "").strip(), (data_of(verb.message).__doc__ or "").strip()]
    return click.Command(
        name,
        params=[argument, *map(option_of, fields), *extra, *MANNER],
        callback=callback,
        help="\n\n".join(dict.fromkeys(about)),
        short_help=about[0],
        epilog=f"Example: {verb.example}",
    )


def messages(
    verb: Verb, subjects: Sequence[str], data: dict[str, Any], manner: Manner, settings: ClientSettings
) -> list[Sending]:
    """Give a message for each subject. Raises `WrongUsage`."""
    time = manner.time or format_instant(settings.clock().now())
    return [
        sending(
            verb.topic, verb.type, subject, data, id=id, time=time, actor=manner.actor or settings.actor or SOURCE,
            fields=verb.fields, chosen=manner.id is not None,
        )
        for subject, id in zip(subjects, ids_for(manner.id, subjects), strict=True)
    ]  # fmt: skip


def asked(sendings: Sequence[Sending], manner: Manner, settings: ClientSettings) -> int:
    """Send, wait, tell the answers; give the exit code. Raises `Unusable`."""
    with Teller(len(sendings), manner.json) as teller:
        answers: list[Answer] = asyncio.run(ask(settings, sendings, manner.timeout, teller.heard))
        teller.end(answers, manner.timeout)
    return exit_of(answers)
