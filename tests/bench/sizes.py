"""How much each race does."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Sizes:
    """Amounts; the defaults let all races together end in about twenty minutes on two cores."""

    commands: int = 60_000  # measured in a round
    rounds: int = 2  # of each contender, interleaved
    in_two: tuple[str, ...] = ("two workers", "two instances")  # contenders of two processes
    calls: int = 300  # single commands, one after the other
    searches: int = 2_000  # by each filter
    facts: int = 20_000  # billing events
    seconds: float = 20.0  # of anything that is looked at for a while
    timers: int = 1_000_000  # pending holds
    firing: int = 60_000  # of them fire in a round
    jobs: int = 50_000  # in the job store of another scheduler
    overdue: int = 100_000  # due at once, after a downtime
    numbers: tuple[int, ...] = (10_000, 1_000_000)  # that inventory has
    backlog: int = 1_000_000  # records that wait in a topic
    stock: int = 300_000  # numbers that the gateway knows


USUAL = Sizes()
FULL = replace(
    USUAL, searches=6_000, timers=10_000_000, overdue=1_000_000, numbers=(10_000, 1_000_000, 10_000_000),
    stock=10_000_000,
)  # fmt: skip
QUICK = Sizes(
    commands=3_000, rounds=1, in_two=("two workers",), calls=10, searches=20, facts=60, seconds=1.0, timers=2_000,
    firing=600, jobs=50, overdue=400, numbers=(200, 1_000), backlog=1_000, stock=2_000,
)  # fmt: skip
