"""Numbers by state over time, as columns of stacked blocks."""

from collections import Counter
from collections.abc import Sequence
from itertools import accumulate

from rich.text import Text

BLOCKS = " ▁▂▃▄▅▆▇█"
COLOURS = {
    "assigned": "green", "reserved": "yellow", "locked": "red", "available": "blue", "deleted": "grey37",
}  # fmt: skip  # from below to above
Sample = tuple[float, Counter[str]]  # the day, and how many numbers were in each state


def legend(states: Counter[str]) -> Text:
    """Name the colours, and how many numbers are in each state now."""
    parts = [Text.assemble(("█ ", colour), f"{state} {states[state]:>3}   ") for state, colour in COLOURS.items()]
    return Text().join(parts)


def chart(samples: Sequence[Sample], days: float, width: int, height: int) -> Text:
    """Draw the days so far of `days` in `width` columns; the tallest column is `height` rows high."""
    columns = _columns(samples, days, width)
    most = max([sum(states.values()) for _, states in samples] or [1]) or 1
    tops = [list(accumulate(states[state] * height * 8 / most for state in COLOURS)) for states in columns]
    rows = [_row(tops, row) for row in reversed(range(height))]
    return Text("\n").join(rows)


def _columns(samples: Sequence[Sample], days: float, width: int) -> list[Counter[str]]:
    columns: list[Counter[str]] = []
    for day, states in samples:
        column = min(width - 1, int(day / days * width))
        columns += [columns[-1] if columns else states] * (column - len(columns))
        columns = [*columns[:column], states]
    return columns


def _row(tops: Sequence[Sequence[float]], row: int) -> Text:
    text = Text()
    for column in tops:
        text.append(*_cell(column, row * 8))
    return text


def _cell(tops: Sequence[float], bottom: float) -> tuple[str, str]:
    """Give the block of one cell, eight eighths high, and its style: the lower state on the upper one."""
    colours = list(COLOURS.values())
    lower = next((index for index, top in enumerate(tops) if round(top) > bottom), None)
    if lower is None:
        return " ", ""
    filled = min(8, round(tops[lower]) - round(bottom))
    if filled == 8:
        return BLOCKS[8], colours[lower]
    upper = next((index for index, top in enumerate(tops) if round(top) > bottom + filled), None)
    style = colours[lower] if upper is None else f"{colours[lower]} on {colours[upper]}"
    return BLOCKS[filled], style
