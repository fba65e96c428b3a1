"""What a race comes to: figures, some of them with a mark that they have to reach."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any


@dataclass(frozen=True)
class Figure:
    """One measured value. At most one of `at_least` and `at_most` is set; without, it only informs."""

    name: str
    value: float
    unit: str = ""
    at_least: float | None = None
    at_most: float | None = None

    @property
    def met(self) -> bool | None:
        """Whether the mark is reached, None without one."""
        if self.at_least is not None:
            return self.value >= self.at_least
        return None if self.at_most is None else self.value <= self.at_most

    @property
    def times_the_mark(self) -> float | None:
        """How many times as good as it has to be: 1 is just reached."""
        if self.at_least is not None:
            return self.value / self.at_least
        return None if self.at_most is None else (self.at_most + 1e-9) / (self.value + 1e-9)

    @property
    def shown(self) -> str:
        """The value, for people."""
        return f"{readable(self.value)} {self.unit}".strip()

    @property
    def mark(self) -> str:
        """The mark, for people."""
        if self.at_least is not None:
            return f">= {readable(self.at_least)} {self.unit}".strip()
        return "" if self.at_most is None else f"<= {readable(self.at_most)} {self.unit}".strip()


@dataclass(frozen=True)
class Outcome:
    """What a race came to, or why it came to nothing."""

    race: str
    measures: str
    seconds: float
    figures: tuple[Figure, ...] = ()
    failure: str | None = None

    def described(self) -> dict[str, Any]:
        """Give it as a JSON object, with the verdicts."""
        figures = [{**asdict(figure), "met": figure.met} for figure in self.figures]
        return {**asdict(self), "figures": figures}

    @classmethod
    def of(cls, described: Mapping[str, Any]) -> "Outcome":
        """Read what `described` gave."""
        figures = [{name: value for name, value in each.items() if name != "met"} for each in described["figures"]]
        own = {field.name: described[field.name] for field in fields(cls)}
        return cls(**{**own, "figures": tuple(Figure(**each) for each in figures)})


def all_met(outcomes: Sequence[Outcome]) -> bool:
    """Tell whether every race ended and reached its marks."""
    figures = [figure for outcome in outcomes for figure in outcome.figures]
    return all(outcome.failure is None for outcome in outcomes) and all(figure.met is not False for figure in figures)


def percentile(values: Sequence[float], share: float) -> float:
    """Give the smallest value that is not exceeded by this share of all."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def ratio(value: float, to: float) -> float:
    """Give one value as a ratio to another, NaN to nothing at all."""
    return value / to if to else float("nan")


def readable(value: float) -> str:
    """Write a number with as many digits as say something."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"
