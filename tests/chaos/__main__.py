"""`python -m tests.chaos`: a long run of faults; `python -m tests.chaos overload`: load beyond capacity."""

import argparse
import asyncio
import json
import random
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from tests.chaos.overload import overload
from tests.chaos.pulse import SERVICES
from tests.chaos.report import overload_table, table
from tests.chaos.run import run

HERE = Path(__file__).parent


def main() -> int:
    """Read the command line, run, tell; 1 if something did not hold."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("what", nargs="?", choices=("faults", "overload"), default="faults")
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    parser.add_argument("--minutes", type=float, help="of faults (35) or overload (10); before and after is extra")
    parser.add_argument("--faults", type=int, default=1_050)
    parser.add_argument("--rate", type=float, default=100.0, help="records a second that strangers write")
    parser.add_argument("--without", choices=SERVICES[1:], nargs="*", default=(), help="overload these services not")
    parser.add_argument("--json", action="store_true", help="one object on standard output")
    parser.add_argument("--save", action="store_true", help="keep the table beside this file")
    given = parser.parse_args()
    found, shown, name, evidence = _overloaded(given) if given.what == "overload" else _broken(given)
    print(json.dumps(found) if given.json else shown)
    if given.save:
        (HERE / name).write_text(f"# The last long run\n\n{shown}\n")
    if found["complaints"]:
        print(f"Not all held: {evidence}", file=sys.stderr)
    return bool(found["complaints"])


def _broken(given: argparse.Namespace) -> tuple[dict[str, object], str, str, str]:
    result = asyncio.run(run(given.seed, given.faults, (given.minutes or 35) * 60, given.rate))
    return result.described(), table(result), "RESULT.md", f"seed {given.seed}, evidence in {result.evidence}"


def _overloaded(given: argparse.Namespace) -> tuple[dict[str, object], str, str, str]:
    folder = Path(tempfile.mkdtemp(prefix="numberbank-overload-"))
    services = [name for name in SERVICES if name not in given.without]
    result = asyncio.run(overload((given.minutes or 10) * 60, folder, services))
    result.complaints += result.missed()
    return asdict(result), overload_table(result), "OVERLOAD.md", f"logs in {folder}"


if __name__ == "__main__":
    sys.exit(main())
