"""The story on one live screen."""

from collections import deque
from collections.abc import Sequence
from datetime import datetime
from types import TracebackType
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.layout import Layout
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from contracts.fields import parse_instant
from services.ops.demo.cast import STARS
from services.ops.demo.chart import Sample, chart, legend
from services.ops.demo.ledger import Heard
from services.ops.demo.post import Mail
from services.ops.demo.sentences import day, sentence
from services.ops.demo.showing import Moment
from services.ops.demo.story import YEAR
from services.ops.printing import printable

TALLEST = 44
SERVICE_STYLES = {"runs": "green", "gone": "bold red", "ended": "bold red", "catches up": "yellow"}


class Screen:
    """Draws everything a few times a second; the last picture stays."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = Live(console=console, auto_refresh=False, vertical_overflow="crop")
        self._samples: list[Sample] = []
        self._events: deque[Text] = deque(maxlen=TALLEST)
        self._mails: deque[Text] = deque(maxlen=TALLEST)
        self._arrived = 0
        self._told: set[str] = set()
        self._scene = Text("The services start and the bank is filled.")

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def scene(self, at: datetime, words: str) -> None:
        """Write what begins now, above and among the events."""
        self._scene = Text(words, "bold")
        self._events.append(Text.assemble((f"{day(at)}  ", "dim"), (words, "bold cyan")))

    def heard(self, heard: Heard) -> None:
        """Add what a topic has said to the events."""
        text = sentence(heard)
        if text is None or heard.id in self._told:
            return
        self._told.add(heard.id)
        at = heard.envelope.get("time")
        style = "" if heard.subject in STARS else "dim"
        self._events.append(
            Text.assemble((f"{day(parse_instant(at)) if at else '':6}  ", "dim"), (printable(text), style))
        )

    def mail(self, mail: Mail) -> None:
        """Add a mail that has arrived."""
        self._arrived += 1
        self._mails.append(
            Text.assemble((mail.date[5:11], "dim"), f" {printable(mail.to)} ", (printable(mail.subject), "dim"))
        )

    def moment(self, moment: Moment) -> None:
        """Draw."""
        if moment.day >= 0:
            self._samples.append((min(moment.day, YEAR), moment.states))
        self._live.update(self._picture(moment), refresh=True)

    def _picture(self, moment: Moment) -> RenderableType:
        height = max(16, min(self._console.height - 1, TALLEST))
        width = self._console.width
        graph = max(4, height * 2 // 5)
        picture = Layout(size=height)
        picture.split_column(
            Layout(self._head(moment), size=3),
            Layout(_graph(self._samples, moment, width - 4, graph - 3), size=graph),
            Layout(_services(moment), size=1),
            Layout(name="below"),
        )
        rows = height - graph - 6
        events, mails = (
            Layout(_last("What happens", self._events, rows), ratio=1),
            _last(f"Mails ({self._arrived})", self._mails, rows),
        )
        picture["below"].split_row(events, Layout(mails, ratio=1))
        return _Tall(picture, height)

    def _head(self, moment: Moment) -> RenderableType:
        line = Table.grid(expand=True)
        line.add_column(ratio=1)
        line.add_column(justify="right")
        line.add_row(Text("Numberbank: a year of numbers", "bold"), Text(f"{moment.at:%d %B %Y}", "bold"))
        bar = ProgressBar(total=YEAR, completed=max(0, min(moment.day, YEAR)))
        return Group(line, self._scene, bar)  # the bar ends no line, so it is the last


class _Tall:
    """A layout that is so many rows high, and not as high as the terminal."""

    def __init__(self, layout: Layout, height: int) -> None:
        self._layout, self._height = layout, height

    def __rich_console__(self, console, options):  # type: ignore[no-untyped-def]
        yield from console.render(self._layout, options.update_height(self._height))


def _graph(samples: Sequence[Sample], moment: Moment, width: int, height: int) -> RenderableType:
    return Panel(
        Group(chart(samples, YEAR, width, height), legend(moment.states)), title="Numbers by state", title_align="left"
    )


def _services(moment: Moment) -> Text:
    parts = [
        Text.assemble((f"{name} ", "dim"), (state, SERVICE_STYLES.get(state, "")), "   ")
        for name, state in moment.services.items()
    ]
    return Text(" ").append(Text().join(parts))


def _last(title: str, lines: Sequence[Text], rows: int) -> RenderableType:
    shown = list(lines)[-rows:] if rows > 0 else []
    for line in shown:
        line.no_wrap, line.overflow = True, "ellipsis"
    return Panel(Group(*shown), title=title, title_align="left")
