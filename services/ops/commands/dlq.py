"""`numberbank dlq`: dead letters, explained, put back or closed."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import IO, Any

import click

from services.ops.connection import producer
from services.ops.dead_letters import ADVICE, DeadLetter, Draft, as_it_was, close, put_back, read_letters
from services.ops.editing import changed, editable, replaced, still_wrong
from services.ops.faults import Exit, WrongUsage
from services.ops.picking import chosen_of, those_named, to_close
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
    found = chosen_of(_read(), topic, service, code, status)
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
    for letter in those_named(_read(), letters):
        if as_json:
            line(letter.described())
            continue
        facts = letter.described()
        rows = [("dead letter", str(letter.place))]
        rows += [(name, facts[name]) for name in ("service", "status", "time", "code", "reason", "key", "size")]
        rows.append(("what to do", ADVICE.get(letter.code, "")))
        rows += [(f"header {name}", (text or b"").decode(errors="replace")) for name, text in letter.headers]
        table(("taken at", str(letter.origin)), rows)
        click.echo("no value" if letter.value is None else _text(letter.value))


@dlq.command(epilog="Example: numberbank dlq replay inventory.commands/3/17")
@_names
@_all
@_filtered
@_json
def replay(
    letters: tuple[str, ...], every: bool, topic: str | None, service: str | None, code: str | None, as_json: bool
) -> int:
    """Put dead letters back where they were taken, as they were, then close them; edit puts back one that is mended.

    If that is interrupted in between, the letter is still open. Putting it back again does no harm: what has the same
    source and id is done once.
    """
    settings = ClientSettings.load()
    chosen = to_close(_read, letters, every, topic, service, code)
    if cut := [letter for letter in chosen if letter.size is not None]:
        raise WrongUsage(
            f"Of {cut[0].origin} only a part is kept (of {cut[0].size} bytes); give all of it to "
            f"numberbank dlq edit --value FILE."
        )

    async def act(out: Any, letter: DeadLetter) -> None:
        await put_back(settings, out, letter, as_it_was(letter))

    return _each(settings, chosen, "replayed", act, as_json)


@dlq.command(epilog="Example: numberbank dlq edit inventory.commands/3/17 --set data.remark='not needed'")
@click.argument("letter", nargs=-1, required=True, metavar="TOPIC/PARTITION/OFFSET")
@click.option("--set", "sets", multiple=True, metavar="FIELD=VALUE", help="field to change; VALUE in JSON, or as text")
@click.option("--unset", "unsets", multiple=True, metavar="FIELD", help="field to take out")
@click.option("--value", type=click.File("rb"), metavar="FILE", help="the whole new value; - reads standard input")
@click.option("--dry-run", is_flag=True, help="print what would be sent, and send nothing")
@_json
def edit(
    letter: tuple[str, ...], sets: tuple[str, ...], unsets: tuple[str, ...], value: IO[bytes] | None, dry_run: bool,
    as_json: bool,
) -> int:  # fmt: skip
    """Mend a dead letter and put it back: in your editor ($VISUAL or $EDITOR), or by --set, --unset or --value.

    It is sent when the contract can read it, and closed then; else you are told what is still wrong. Fields are named
    with dots, places in lists by number from 0: data.numbers.0.
    """
    if value is not None and (sets or unsets):
        raise WrongUsage("--value is the whole value; it goes with neither --set nor --unset.")
    settings = ClientSettings.load()
    chosen = to_close(_read, letter, False, None, None, None)
    if len(chosen) > 1:
        raise WrongUsage(f"One dead letter is edited at a time, not {len(chosen)}.")
    [meant] = chosen
    if value is not None:
        draft = replaced(meant, value.read())
    else:
        draft = changed(meant, sets, unsets) if sets or unsets else _in_editor(meant)
    if wrong := still_wrong(meant, draft):
        raise WrongUsage(f"It cannot be read yet, and was not sent. {wrong}")
    if dry_run:
        click.echo(draft.value or b"")
        return Exit.ACCEPTED

    async def act(out: Any, letter: DeadLetter) -> None:
        await put_back(settings, out, letter, draft)

    return _each(settings, chosen, "replayed", act, as_json)


def _in_editor(letter: DeadLetter) -> Draft:
    """Let a person edit until the contract can read it, or they have had enough. Raises `WrongUsage`."""
    say(f"{letter.reason} {ADVICE.get(letter.code, '')}")
    text = editable(letter)
    while True:
        written = click.edit(text, extension=".json")
        if written is None:
            raise WrongUsage("Nothing was edited, and nothing was sent.")
        text, draft = written, replaced(letter, written.encode())
        wrong = still_wrong(letter, draft)
        if not wrong or not sys.stdin.isatty() or not click.confirm(f"{printable(wrong)} Edit again?", default=True):
            return draft


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
    chosen = to_close(_read, letters, every, topic, service, code)

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


def _row(letter: DeadLetter) -> tuple[object, ...]:
    key = None if letter.key is None else letter.key.decode(errors="replace")
    return letter.origin, letter.service, letter.status, letter.at, key, letter.code, letter.reason


def _text(value: bytes) -> str:
    return "\n".join(printable(row) for row in value.decode(errors="replace").splitlines())
