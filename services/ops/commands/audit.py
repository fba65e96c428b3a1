"""`numberbank audit`: what topics say, compared with each other and with MongoDB."""

import asyncio
import sys
import time
from typing import Any

import click

from services.ops.faults import Exit
from services.ops.printing import line, say, table
from services.ops.settings import ClientSettings

SHOWN = 200  # findings in a table


@click.command(epilog="Example: numberbank audit")
@click.option("--json", "as_json", is_flag=True, help="findings, one object a line, then a summary")
def audit(as_json: bool) -> int:
    """Replay what the topics still hold, and compare it with itself and with MongoDB.

    Every command is answered exactly once, versions are contiguous, every transition is legal, nobody holds
    what another holds, MongoDB says what the events say, searches too, people are told once, and of what there is. It
    may run while the services work. It leaves with 1, and the evidence, if anything does not hold.
    """
    from services.ops.audit.examine import examine
    from services.ops.audit.findings import Finding, Findings

    shown: list[Finding] = []

    def tell(finding: Finding) -> None:
        if as_json:
            line(finding.described())
        elif len(shown) < SHOWN:
            shown.append(finding)

    findings, started = Findings(tell), time.monotonic()
    with Meter() as meter:
        asyncio.run(examine(ClientSettings.load(), findings, meter.pass_, meter.begin))
    summary = {**findings.summary(), "seconds": round(time.monotonic() - started, 1)}
    if as_json:
        line({"summary": summary})
    else:
        _show(shown, summary)
    return Exit.ACCEPTED if summary["ok"] else Exit.REJECTED


class Meter:
    """How far it is: a bar on a terminal, elsewhere a line for each tenth."""

    def __init__(self) -> None:
        self._bar: Any = None
        self._task: Any = None
        self._total = self._passed = self._told = 0

    def __enter__(self) -> "Meter":
        return self

    def __exit__(self, *failure: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def begin(self, total: int) -> None:
        """Say how much there is to read."""
        self._total = total
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

            columns = ("records", BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
            self._bar = Progress(*columns, console=Console(stderr=True), transient=True)
            self._task = self._bar.add_task("records", total=total)
            self._bar.start()
        else:
            say(f"There are {total} records to read.")

    def pass_(self, records: int) -> None:
        """Say how many more were read."""
        self._passed += records
        if self._bar is not None:
            self._bar.update(self._task, completed=min(self._passed, self._total))
        elif self._total and (tenth := self._passed * 10 // self._total) > self._told and self._passed < self._total:
            self._told = tenth
            say(f"{self._passed} of {self._total} records read.")


def _show(shown: list[Any], summary: dict[str, Any]) -> None:
    if shown:
        rows = [(each.rule, each.subject, each.message, _places(each)) for each in shown]
        table(("rule", "about", "what is wrong", "evidence"), rows)
    if summary["findings"] > len(shown):
        say(f"{summary['findings'] - len(shown)} more findings are not shown; --json gives all.")
    counts = {name: value for name, value in summary.items() if name not in ("ok", "rules")}
    numbers = [(name.replace("_", " "), value) for name, value in counts.items()]
    table(("audit", "all is well" if summary["ok"] else "NOT ALL IS WELL"), numbers)


def _places(finding: Any) -> str:
    return ", ".join("/".join(str(part) for part in each.values()) for each in finding.evidence)
