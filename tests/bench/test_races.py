"""Every race, small: that it still runs, never how fast."""

import os
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from services.ops.stack import Stack, local_stack
from tests.bench.figures import Figure, Outcome, all_met
from tests.bench.plot import draw, show_bars
from tests.bench.races import Race
from tests.bench.races.every import EVERY_RACE
from tests.bench.running import run_one
from tests.bench.saving import save
from tests.bench.sizes import QUICK


@pytest.fixture(scope="module")
def servers() -> Iterator[Stack]:
    """Give servers whose topics every race makes anew."""
    with local_stack(environ=os.environ) as stack:
        yield stack


@pytest.mark.timeout(600)
@pytest.mark.parametrize("race", EVERY_RACE, ids=lambda race: race.name.replace(" ", "-"))
def test_a_race_comes_to_figures(race: Race, servers: Stack) -> None:
    outcome = run_one(race, servers, os.environ, QUICK, print)
    assert outcome.failure is None
    assert outcome.figures


def test_marks_are_met_from_the_right_side() -> None:
    assert Figure("rate", 70, at_least=70).met
    assert not Figure("rate", 69, at_least=70).met
    assert Figure("time", 120, at_most=120).met
    assert not Figure("time", 121, at_most=120).met
    assert Figure("count", 1).met is None
    assert Figure("time", 60, at_most=120).times_the_mark == pytest.approx(2)


def test_a_race_that_failed_meets_nothing() -> None:
    assert all_met([Outcome("a", "something", 1.0, (Figure("rate", 1, at_least=1),))])
    assert not all_met([Outcome("a", "something", 1.0, failure="It came to rest.")])


def test_the_picture_has_a_bar_for_each_mark(tmp_path: Path) -> None:
    outcomes = [Outcome("a", "something", 1.0, (Figure("x < y", 1, at_least=2), Figure("told", 1)))]
    draw(tmp_path / "bench.svg", outcomes)
    picture = (tmp_path / "bench.svg").read_text()
    assert picture.count('text-anchor="end"') == 1
    assert "x &lt; y" in picture


def test_what_was_too_little_to_be_measured_has_a_bar_too(tmp_path: Path) -> None:
    outcomes = [Outcome("a", "something", 1.0, (Figure("x", float("nan"), at_least=2),))]
    show_bars(Console(file=StringIO()), outcomes)
    draw(tmp_path / "bench.svg", outcomes)


def test_a_race_that_is_run_again_takes_the_place_of_its_earlier_run(tmp_path: Path) -> None:
    save([Outcome("chain", "one", 1.0, (Figure("x", 3, at_least=2),)), Outcome("timers", "two", 1.0)], [], tmp_path)
    save([Outcome("timers", "two", 1.0, failure="It came to rest.")], ["timers", "--save"], tmp_path)
    written = (tmp_path / "RESULT.md").read_text()
    assert "| chain | x | 3.00 | >= 2.00 | met |" in written
    assert "`python -m tests.bench timers`" in written
    assert written.count("## timers") == written.count("It came to rest.") == 1
    save([Outcome("timers", "two", 1.0)], ["timers", "--full", "--save"], tmp_path)
    assert "## timers --full" in (tmp_path / "RESULT.md").read_text()
