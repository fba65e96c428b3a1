"""Switches the planted faults on, one after the other, and runs seeds until each is found."""

import time
from pathlib import Path
from typing import NamedTuple

from tests.simulation.planted import PLANTED
from tests.simulation.planted.planting import Planted
from tests.simulation.running import run

MOST = 150  # seeds, after which a fault counts as missed
TABLE = Path(__file__).parents[1] / "PLANTED.md"


class Hunt(NamedTuple):
    """How a fault was found. `check` None: it was not."""

    planted: Planted
    check: str | None
    seeds: int
    seconds: float  # of the processor


def hunt(planted: Planted, most: int = MOST) -> Hunt:
    """Run seeds with this fault until one finds something."""
    started = time.process_time()
    with planted.switch_on():
        for seed in range(1, most + 1):
            if faults := run(seed).faults:
                return Hunt(planted, faults[0].check, seed, time.process_time() - started)
    return Hunt(planted, None, most, time.process_time() - started)


def hunt_all() -> int:
    """Hunt every fault; print the table, and write it down. 1 if one was missed."""
    hunts = []
    for planted in PLANTED:
        hunts.append(hunt(planted, 60 if planted.elsewhere else MOST))
        print(_row(hunts[-1]), flush=True)
    TABLE.write_text(table(hunts))
    return 0 if all(each.check or each.planted.elsewhere for each in hunts) else 1


def table(hunts: list[Hunt]) -> str:
    """Give the table in Markdown."""
    head = (
        "# Planted faults\n\nMade by `python -m tests.simulation --planted`: each fault is switched on alone,\n"
        "and seeds are run, from 1 on, until one of them fails. Seconds are of one processor.\n\n"
        "| fault | found by | seeds | seconds |\n|---|---|---:|---:|\n"
    )
    return head + "".join(f"{_row(each)}\n" for each in hunts)


def _row(hunt: Hunt) -> str:
    missed = f"not in the simulation; {hunt.planted.elsewhere}" if hunt.planted.elsewhere else "NOT FOUND"
    found = hunt.check or missed
    return f"| {hunt.planted.name} | {found} | {hunt.seeds} | {hunt.seconds:.1f} |"
