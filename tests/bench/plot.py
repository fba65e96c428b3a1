"""The figures that have a mark as bars: how many times as good as they have to be."""

from collections.abc import Iterator, Sequence
from html import escape
from math import isnan
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.bench.figures import Figure, Outcome

MOST = 3.0  # times the mark: where a bar ends
CELLS = 30  # of a bar on a terminal
ROW, LABEL, BAR, VALUE = 22, 430, 360, 210  # pixels
COLOURS = {True: "#2e7d32", False: "#c62828"}


def judged(outcomes: Sequence[Outcome]) -> Iterator[tuple[str, Figure, float]]:
    """Give race, figure and how many times the mark, of all that have one."""
    for outcome in outcomes:
        for figure in outcome.figures:
            if (times := figure.times_the_mark) is not None:
                yield outcome.race, figure, 0.0 if isnan(times) else times  # of too little to be measured


def show_bars(console: Console, outcomes: Sequence[Outcome]) -> None:
    """Draw them on a terminal."""
    table = Table.grid(padding=(0, 2))
    for race, figure, times in judged(outcomes):
        filled = round(min(times, MOST) / MOST * CELLS)
        at = round(CELLS / MOST)
        bar = "".join("|" if cell == at else "#" if cell < filled else " " for cell in range(CELLS))
        table.add_row(f"{race}: {figure.name}", f"[{'green' if figure.met else 'red'}]{bar}[/]", f"{times:.2f} x mark")
    console.print(table)


def draw(path: Path, outcomes: Sequence[Outcome]) -> None:
    """Write them as an SVG picture."""
    rows = list(judged(outcomes))
    width, height = LABEL + BAR + VALUE, ROW * (len(rows) + 2)
    mark = LABEL + BAR / MOST
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        'font-family="sans-serif" font-size="12">',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        *(line for index, row in enumerate(rows) for line in _bar(ROW * (index + 1), *row)),
        f'<line x1="{mark}" y1="{ROW / 2}" x2="{mark}" y2="{height - ROW}" stroke="#555555" stroke-dasharray="4 3"/>',
        f'<text x="{mark}" y="{height - 6}" text-anchor="middle">mark</text>',
        "</svg>",
    ]
    path.write_text("\n".join(lines) + "\n")


def _bar(y: int, race: str, figure: Figure, times: float) -> Iterator[str]:
    middle, length = y + ROW - 8, max(1.0, min(times, MOST) / MOST * BAR)
    yield f'<text x="{LABEL - 8}" y="{middle}" text-anchor="end">{escape(f"{race}: {figure.name}")}</text>'
    yield f'<rect x="{LABEL}" y="{y + 3}" width="{length:.1f}" height="{ROW - 6}" fill="{COLOURS[bool(figure.met)]}"/>'
    yield f'<text x="{LABEL + BAR + 8}" y="{middle}">{escape(f"{figure.shown} ({figure.mark})")}</text>'
