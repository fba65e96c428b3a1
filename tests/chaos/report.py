"""What a run has found: a table for people, one object for programs."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

from tests.chaos.faults import Struck
from tests.chaos.overload import Overload
from tests.chaos.plan import SHARES


@dataclass
class Recovered:
    """How one kind of fault was survived. Seconds from the fault until every lane concerned had answered again."""

    kind: str
    count: int
    p50: float | None
    worst: float | None


@dataclass
class Result:
    """A run."""

    seed: int
    faults: int = 0
    seconds: float = 0.0  # of faults, from the first to the last
    most_at_once: int = 0  # faults that were at work at the same time
    left_out: str = ""  # a kind that this machine does not allow, and why
    recoveries: list[Recovered] = field(default_factory=list)
    traffic: dict[str, int] = field(default_factory=dict)
    audit: dict[str, Any] = field(default_factory=dict)
    drained: float = 0.0  # seconds until nothing was left to do
    endings: dict[str, int] = field(default_factory=dict)  # instances that ended by themselves: how, how often
    odd_endings: list[str] = field(default_factory=list)  # with their last words
    complaints: list[str] = field(default_factory=list)
    evidence: str = ""  # the folder with logs and data

    @property
    def ok(self) -> bool:
        """Whether everything held."""
        return not self.complaints

    def described(self) -> dict[str, Any]:
        """Give it for programs."""
        return {**asdict(self), "ok": self.ok}


def recoveries(struck: Sequence[Struck], seconds: Sequence[float | None]) -> list[Recovered]:
    """Sum recovery times up by kind."""
    by_kind: dict[str, list[float]] = defaultdict(list)
    for fault, took in zip(struck, seconds, strict=True):
        if took is not None:
            by_kind[fault.kind].append(took)
    counts = Counter(fault.kind for fault in struck)
    return [
        Recovered(kind, counts[kind], round(median(took), 1) if took else None, round(max(took), 1) if took else None)
        for kind in SHARES
        if counts[kind]
        for took in [by_kind[kind]]
    ]


def overlap(struck: Sequence[Struck], seconds: Sequence[float | None]) -> int:
    """Give how many faults were unrecovered at the same time, at most."""
    edges = [(f.at, 1) for f in struck] + [
        (max(f.until, f.at + (s or 0)), -1) for f, s in zip(struck, seconds, strict=True)
    ]
    most = now = 0
    for _, step in sorted(edges):
        now += step
        most = max(most, now)
    return most


def table(result: Result) -> str:
    """Give a Markdown table and what belongs to it."""
    rows = ["| fault | how many | recovered after, p50 | worst |", "|---|---:|---:|---:|"]
    rows += [f"| {r.kind} | {r.count} | {_s(r.p50)} | {_s(r.worst)} |" for r in result.recoveries]
    rows += [f"| **all** | **{result.faults}** | | |", ""]
    facts = [
        f"Seed {result.seed}: {result.faults} faults in {result.seconds / 60:.1f} minutes, up to {result.most_at_once} "
        f"at once; nothing left to do {result.drained:.0f} s after the load ended.",
        "Load: " + _counts(result.traffic) + ".",
        "Audit: " + ("all is well" if result.ok else "NOT ALL IS WELL") + "; " + _counts(result.audit) + ".",
        "Instances that ended by themselves: " + (_counts(result.endings) or "none") + ".",
        *result.odd_endings,
        result.left_out,
        *result.complaints,
    ]
    return "\n".join([*rows, *(f"- {fact}" for fact in facts if fact)])


def overload_table(result: Overload) -> str:
    """Give a Markdown table of a run beyond capacity."""
    rows = [
        (f"offered, for {result.seconds / 60:.1f} minutes", f"{result.offered:,.0f} records/s"),
        ("answered meanwhile, all in order", f"{result.answered:,.0f} records/s"),
        ("largest lag, as `numberbank lag` tells it", f"{result.most_lag:,} records"),
        ("nothing left to do after", f"{result.drained:.0f} s"),
        *(
            (f"memory of {name}: largest in the first half, in the second, until level", f"{a}, {b}, {c} MB")
            for name, (a, b, c) in result.memory.items()
        ),
        (
            "rate of other partitions beside one of garbage only",
            f"{result.healthy_ratio:.2f} of what it was",
        ),
        ("garbage meanwhile", f"{result.poison:,.0f} records/s"),
        ("audit", "all is well" if not result.complaints else "NOT ALL IS WELL"),
    ]
    lines = ["| beyond capacity | |", "|---|---:|", *(f"| {name} | {value} |" for name, value in rows)]
    return "\n".join([*lines, *(f"- {complaint}" for complaint in result.complaints)])


def _s(seconds: float | None) -> str:
    return "-" if seconds is None else f"{seconds:.1f} s"


def _counts(counts: dict[str, Any]) -> str:
    return ", ".join(f"{value} {name.replace('_', ' ')}" for name, value in counts.items() if type(value) is int)
