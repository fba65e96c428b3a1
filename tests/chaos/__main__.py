"""`python -m tests.chaos`: a long run, or with few minutes and faults a short one."""

import argparse
import asyncio
import json
import random
import sys
from pathlib import Path

from tests.chaos.report import table
from tests.chaos.run import run

RESULT = Path(__file__).with_name("RESULT.md")


def main() -> int:
    """Read the command line, run, tell; 1 if something did not hold."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    parser.add_argument("--minutes", type=float, default=35.0, help="of faults; what comes before and after is extra")
    parser.add_argument("--faults", type=int, default=1_050)
    parser.add_argument("--rate", type=float, default=100.0, help="records a second that strangers write")
    parser.add_argument("--json", action="store_true", help="one object on standard output")
    parser.add_argument("--save", action="store_true", help=f"keep the table as {RESULT.name}, beside this file")
    given = parser.parse_args()
    result = asyncio.run(run(given.seed, given.faults, given.minutes * 60, given.rate))
    print(json.dumps(result.described()) if given.json else table(result))
    if given.save:
        RESULT.write_text(f"# The last long run\n\n{table(result)}\n")
    if not result.ok:
        print(f"Not all held: seed {given.seed}, evidence in {result.evidence}", file=sys.stderr)
    return not result.ok


if __name__ == "__main__":
    sys.exit(main())
