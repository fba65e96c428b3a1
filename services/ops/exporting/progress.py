"""How far an export is: a bar on a terminal, an object a line for programs, else nothing."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from services.ops.exporting.exporting import Step
from services.ops.printing import line


@contextmanager
def progress(as_json: bool) -> Iterator[Callable[[Step], None]]:
    """Give what shows a step."""
    if as_json:
        yield lambda step: line(step._asdict())
    elif sys.stderr.isatty():
        with _bar() as show:
            yield show
    else:
        yield lambda step: None


@contextmanager
def _bar() -> Iterator[Callable[[Step], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[said]}"), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("", total=None, said="")

        def show(step: Step) -> None:
            sure = not step.approximate and step.total >= step.rows
            said = f"{step.rows:,} of {step.total:,}" if sure else f"{step.rows:,}"
            bar.update(task, completed=step.rows, total=step.total if sure else None, said=said)

        yield show
