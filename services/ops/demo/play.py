"""The demo put together: the stack, the services, the story, the proofs."""

import asyncio
import signal
import sys
import time
from functools import partial

import click
from rich.console import Console

from services.chassis.errors import Unusable
from services.ops.demo.books import Books, Finding
from services.ops.demo.desk import Desk
from services.ops.demo.director import Director, StoryFailure
from services.ops.demo.ending import RATE_TO_PLAY, tell_findings, tell_how_to_play, tell_of_staying
from services.ops.demo.fates import FATES
from services.ops.demo.lines import Lines
from services.ops.demo.post import Postbox
from services.ops.demo.processes import Processes
from services.ops.demo.rules import RULES
from services.ops.demo.screen import Screen
from services.ops.demo.showing import Show
from services.ops.faults import Exit
from services.ops.stack import Stack, StackError, local_stack
from services.ops.topics import create_topics

PARTITIONS = 4
PATIENCE = 90.0  # real seconds after the year until everything must be proven


def play(as_json: bool, stay: bool, seconds: float) -> int:
    """Play on a stack of its own; give the exit code. Raises `Unusable` if there can be no stack."""
    signal.signal(signal.SIGTERM, lambda number, frame: signal.raise_signal(signal.SIGINT))
    try:
        with local_stack() as stack:
            return asyncio.run(_play(stack, as_json, stay, seconds))
    except StackError as error:
        raise Unusable(str(error)) from None


async def _play(stack: Stack, as_json: bool, stay: bool, seconds: float) -> int:
    bootstrap = stack.env["KAFKA_BOOTSTRAP_SERVERS"]
    await create_topics(bootstrap, PARTITIONS)
    processes = Processes(stack.maildir.parent / "services", stack.env, seconds)
    try:
        await processes.start()
        director = Director(bootstrap, processes, Postbox(stack.maildir), _show(as_json))
        findings = await _year(director)
        if findings[0].ok:
            tell = partial(click.echo, err=as_json)
            desk = Desk(processes.environ, processes.desk, stack.maildir.parent, tell)
            findings += await desk.visit(len(director.ledger.numbers))
        tell_findings(findings, as_json)
        if stay:
            await processes.slow_down(RATE_TO_PLAY)
            tell_how_to_play(processes.settings, as_json)
            await asyncio.Event().wait()
        tell_of_staying(as_json)
    finally:
        processes.end()
    return Exit.ACCEPTED if all(finding.ok for finding in findings) else Exit.REJECTED


async def _year(director: Director) -> list[Finding]:
    story = Finding("the story was played to its end", True, "")
    with director.show:
        try:
            await director.play(PARTITIONS, lambda: _proven(director))
            story = story._replace(evidence=f"{director.day:.0f} days")
        except StoryFailure as failure:
            story = story._replace(ok=False, evidence=str(failure))
    return [story, *_findings(director)]


async def _proven(director: Director) -> None:
    """Wait until everything holds: what ends at the end of the year takes a moment to be told."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if all(finding.ok for finding in _findings(director)):
            return
        await asyncio.sleep(0.3)


def _findings(director: Director) -> list[Finding]:
    books = Books(director.ledger, director.postbox.mails, director.crash)
    return [check(books) for check in (*FATES, *RULES)]


def _show(as_json: bool) -> Show:
    stream = sys.stderr if as_json else sys.stdout
    console = Console(file=stream)
    if console.is_terminal and not console.is_dumb_terminal:
        return Screen(console)
    click.echo(
        "A second here is some days of the story: what takes a service a moment seems to take it a day.\n"
        "Each line has the date of the story; * what happens, = how all numbers stand.",
        err=as_json,
    )
    return Lines(to_error=as_json)
