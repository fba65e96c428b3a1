"""The record of what was measured: `RESULT.json`, and `RESULT.md` and a picture made from it.

A race that is run again takes the place of its earlier run of that size; the others stay.
"""

import json
import os
import platform
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from tests.bench.figures import Outcome
from tests.bench.plot import draw
from tests.bench.races.every import EVERY_RACE

FOLDER = Path(__file__).parent
SIZES = ("--quick", "--full", "--commands", "--timers")  # options that make it another measurement
VERDICTS = {True: "met", False: "**not met**", None: ""}


class Entry(NamedTuple):
    """An outcome, and how and where it came about."""

    outcome: Outcome
    command: str
    machine: str


def save(outcomes: Sequence[Outcome], arguments: Sequence[str], folder: Path = FOLDER) -> None:
    """Add what was measured now to what is on record."""
    record = folder / "RESULT.json"
    kept: dict[str, Any] = json.loads(record.read_text()) if record.exists() else {}
    races = [argument for argument in arguments if argument in {race.name.replace(" ", "-") for race in EVERY_RACE}]
    sized = " ".join(argument for argument in arguments if argument in SIZES or argument.isdecimal())
    command = " ".join(["python -m tests.bench", *races, sized]).strip()
    for outcome in outcomes:
        title = f"{outcome.race} {sized}".strip()
        kept[title] = {**outcome.described(), "race": title, "command": command, "machine": machine()}
    kept = dict(sorted(kept.items(), key=lambda entry: _place(entry[0])))
    record.write_text(json.dumps(kept, indent=1) + "\n")
    entries = [Entry(Outcome.of(each), each["command"], each["machine"]) for each in kept.values()]
    draw(folder / "RESULT.svg", [entry.outcome for entry in entries])
    (folder / "RESULT.md").write_text("\n".join(_written(entries)) + "\n")


def _place(title: str) -> tuple[int, str]:
    """Sort by the order of the races, other sizes of one after it."""
    places = [place for place, race in enumerate(EVERY_RACE) if title.startswith(race.name)]
    return (max(places, default=len(EVERY_RACE)), title)


def machine() -> str:
    """Describe where and when this runs."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    when = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    python = ".".join(map(str, sys.version_info[:3]))
    model = models[0] if models else platform.machine()
    return f"{os.cpu_count()} cores ({model}), {memory:.0f} GB, {platform.system()}, Python {python}, {when}"


def _written(entries: Sequence[Entry]) -> Iterator[str]:
    yield "# What was measured"
    yield ""
    yield "Written by `python -m tests.bench --save`. Ratios are within one run; all else is of that machine and hour."
    yield from ("", "| race | figure | value | mark | |", "|---|---|---|---|---|")
    for outcome, _, _ in entries:
        judged = [figure for figure in outcome.figures if figure.met is not None]
        for figure in judged:
            yield f"| {outcome.race} | {figure.name} | {figure.shown} | {figure.mark} | {VERDICTS[figure.met]} |"
        if outcome.failure is not None:
            yield f"| {outcome.race} | | | | **failed** |"
    yield from ("", "![times the mark](RESULT.svg)")
    for entry in entries:
        yield from _in_full(*entry)


def _in_full(outcome: Outcome, command: str, machine: str) -> Iterator[str]:
    yield from ("", f"## {outcome.race}", "", f"{outcome.measures[0].upper()}{outcome.measures[1:]}.", "")
    yield f"`{command}`, {outcome.seconds:.0f} s, on {machine}"
    yield ""
    if outcome.failure is not None:
        yield f"Failed: {outcome.failure}"
        return
    yield from ("| figure | value | mark | |", "|---|---|---|---|")
    for figure in outcome.figures:
        yield f"| {figure.name} | {figure.shown} | {figure.mark} | {VERDICTS[figure.met]} |"
