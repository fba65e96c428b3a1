"""`numberbank dlq`: dead letters, explained, put back or closed."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import click

from services.ops.connection import producer
from services.ops.dead_letters import DeadLetter, close, named, put_back, read_letters
from services.ops.faults import Exit, WrongUsage
from services.ops.printing import line, printable, say, table
from services.ops.settings import ClientSettings

_json = click.option("--json", "as_json", is_flag=True, help="one object a line on standard output")
_names = click.argument("letters", nargs=-1, metavar="[TOPIC/PARTITION/OFFSET...]")
_all = click.option("--all", "every", is_flag=True, help="all open ones, or those that the other options leave")
_filters = (
    click.option("--topic", help="only of this topic"),
    click.option("--service", help="only of this service"),
    click.option("--code", help="only with this code"),
)


def _filtered(function: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(_filters):
        function = option(function)
    return function


@click.group(epilog="Example: numberbank dlq list", short_help="See dead letters, put them back or close them.")
def dlq() -> None:
    """See dead letters, put them back or close them.

    A dead letter is a record that a service could not use. It is named by where it was taken,
    TOPIC/PARTITION/OFFSET as in the list; its place on its own topic, which ends with .dlq, does as well.
    """


@dlq.command("list", epilog="Example: numberbank dlq list --status open --service inventory")
@_filtered
@click.option("--status", type=click.Choice(["open", "replayed", "discarded"]), help="only these")
@_json
def list_(topic: str | None, service: str | None, code: str | None, status: str | None, as_json: bool) -> None:
    """List dead letters, closed ones too, and why they are."""
    found = _chosen(_read(), topic, service, code, status)
    if as_json:
        for letter in found:
            line(letter.described())
    elif found:
        columns = ("dead letter", "service", "status", "time", "key", "code", "why")
        table(columns, [_row(letter) for letter in found])
    else:
        say("There are no dead letters.")


@dlq.command(epilog="Example: numberbank dlq show inventory.commands/3/17")
@_names
@_json
def show(letters: tuple[str, ...], as_json: bool) -> None:
    """Show dead letters whole: why, headers and value."""
    for letter in _named(_read(), letters):
        if as_json:
            line(letter.described())
            continue
        facts = letter.described()
        rows = [("dead letter", str(letter.place))]
        rows += [(name, facts[name]) for name in ("service", "status", "time", "code", "reason", "key", "size")]
        rows += [(f"header {name}", (text or b"").decode(errors="replace")) for name, text in letter.headers]
        table(("taken at", str(letter.origin)), rows)
        click.echo("no value" if letter.value is None else _text(letter.value))


@dlq.command(epilog="Example: numberbank dlq replay inventory.commands/3/17 --edit corrected.json")
@_names
@_all
@_filtered
@click.option(
    "--edit", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="file with the value to send"
)
@click.option("--value", help="new value, in place of the one that could not be used")
@_json
def replay(
    letters: tuple[str, ...], every: bool, topic: str | None, service: str | None, code: str | None,
    edit: Path | None, value: str | None, as_json: bool,
) -> int:  # fmt: skip
    """Put dead letters back where they were taken, with key and headers as they were, then close them.

    If that is interrupted in between, the letter is still open, and its record may be sent twice.
    """
    if edit is not None and value is not None:
        raise WrongUsage("--edit and --value contradict each other.")
    replaced = edit.read_bytes() if edit is not None else None if value is None else value.encode()
    settings = ClientSettings.load()
    chosen = _to_close(letters, every, topic, service, code)
    if replaced is not None and len(chosen) > 1:
        raise WrongUsage(f"--edit and --value are for one dead letter, not {len(chosen)}.")
    cut = [letter for letter in chosen if letter.size is not None and replaced is None]
    if cut:
        raise WrongUsage(f"Of {cut[0].origin} only a part is kept (of {cut[0].size} bytes); give it with --edit FILE.")

    async def act(out: Any, letter: DeadLetter) -> None:
        await put_back(settings, out, letter, letter.value if replaced is None else replaced)

    return _each(settings, chosen, "replayed", act, as_json)


@dlq.command(epilog="Example: numberbank dlq discard --all --service inventory --code not_json")
@_names
@_all
@_filtered
@_json
def discard(
    letters: tuple[str, ...], every: bool, topic: str | None, service: str | None, code: str | None, as_json: bool
) -> int:
    """Close dead letters that nobody needs. They stay readable for as long as Kafka keeps them."""
    settings = ClientSettings.load()
    chosen = _to_close(letters, every, topic, service, code)

    async def act(out: Any, letter: DeadLetter) -> None:
        await close(settings, out, letter, "discarded")

    return _each(settings, chosen, "discarded", act, as_json)


def _read() -> list[DeadLetter]:
    return asyncio.run(read_letters(ClientSettings.load()))


def _each(
    settings: ClientSettings,
    letters: list[DeadLetter],
    status: str,
    act: Callable[[Any, DeadLetter], Awaitable[None]],
    as_json: bool,
) -> int:
    async def all_of_them() -> None:
        async with producer(settings.kafka) as out:
            for letter in letters:
                await act(out, letter)
                if as_json:
                    line(letter._replace(status=status).described())
                else:
                    click.echo(f"{letter.origin} {status}")

    if letters:
        asyncio.run(all_of_them())
    else:
        say("There are no open dead letters of that kind.")
    return Exit.ACCEPTED


def _to_close(
    names: tuple[str, ...], every: bool, topic: str | None, service: str | None, code: str | None
) -> list[DeadLetter]:
    """Give the open ones that are meant. Raises `WrongUsage`."""
    if every == bool(names):
        raise WrongUsage("Name dead letters as TOPIC/PARTITION/OFFSET, or say --all.")
    found = _chosen(_read(), topic, service, code, None if names else "open")
    chosen = _named(found, names) if names else found
    for letter in chosen:
        if letter.status != "open":
            raise WrongUsage(f"{letter.origin} is closed already: it was {letter.status}.")
    return chosen


def _chosen(
    letters: list[DeadLetter], topic: str | None, service: str | None, code: str | None, status: str | None
) -> list[DeadLetter]:
    dashed = service.replace("_", "-") if service else None
    return [
        letter
        for letter in letters
        if topic in (None, letter.origin.topic, letter.place.topic)
        and dashed in (None, letter.service)
        and code in (None, letter.code)
        and status in (None, letter.status)
    ]


def _named(letters: list[DeadLetter], names: tuple[str, ...]) -> list[DeadLetter]:
    if len(names) == 3 and names[1].isdecimal() and names[2].isdecimal():
        names = ("/".join(names),)
    if not names:
        raise WrongUsage("Name a dead letter as TOPIC/PARTITION/OFFSET; numberbank dlq list shows them.")
    found: list[DeadLetter] = []
    for name in names:
        meant = named(letters, name)
        if not meant:
            raise WrongUsage(f"There is no dead letter {name}; numberbank dlq list shows them.")
        if len(meant) > 1:
            raise WrongUsage(f"{name} was given up by several services: {', '.join(str(one.place) for one in meant)}.")
        found += [letter for letter in meant if letter not in found]
    return found


def _row(letter: DeadLetter) -> tuple[object, ...]:
    key = None if letter.key is None else letter.key.decode(errors="replace")
    return letter.origin, letter.service, letter.status, letter.at, key, letter.code, letter.reason


def _text(value: bytes) -> str:
    return "\n".join(printable(row) for row in value.decode(errors="replace").splitlines())
