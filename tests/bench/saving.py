"""The record of what was measured: `RESULT.json`, and `RESULT.md` written from it.

A race that is run again takes the place of its earlier run; the others stay.
"""

import json
import os
import platform
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.bench.figures import Figure, Outcome

FOLDER = Path(__file__).parent
VERDICTS = {True: "met", False: "**not met**", None: ""}


def save(outcomes: Sequence[Outcome], arguments: Sequence[str]) -> None:
    """Add what was measured now to what is on record."""
    record = FOLDER / "RESULT.json"
    kept: dict[str, Any] = json.loads(record.read_text()) if record.exists() else {}
    command = " ".join(["python -m tests.bench", *(argument for argument in arguments if argument != "--save")])
    for outcome in outcomes:
        kept[outcome.race] = {**outcome.described(), "command": command, "machine": machine()}
    record.write_text(json.dumps(kept, indent=1) + "\n")
    (FOLDER / "RESULT.md").write_text("\n".join(_written(kept)) + "\n")


def machine() -> str:
    """Describe where and when this runs."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    model = next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine()
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    when = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    python = ".".join(map(str, sys.version_info[:3]))
    return f"{os.cpu_count()} cores ({model}), {memory:.0f} GB, Linux {platform.release()}, Python {python}, {when}"


def _written(kept: dict[str, Any]) -> Iterator[str]:
    yield "# What was measured"
    yield ""
    yield "Written by `python -m tests.bench --save`; ratios are within one run, everything else is of this machine."
    for race, outcome in kept.items():
        yield from ("", f"## {race}", "", f"{outcome['measures']}.", "")
        yield f"`{outcome['command']}`, {outcome['seconds']:.0f} s, on {outcome['machine']}"
        yield ""
        if outcome["failure"] is not None:
            yield f"**Failed**: {outcome['failure']}"
            continue
        yield from ("| figure | value | mark | |", "|---|---|---|---|")
        for fields in outcome["figures"]:
            met = fields.pop("met")
            figure = Figure(**fields)
            yield f"| {figure.name} | {figure.shown} | {figure.mark} | {VERDICTS[met]} |"
