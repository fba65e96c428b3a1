"""The world of a road, as far as its protocol can tell: topics, documents, fences, owners, and who listens.

A number is a count of accepted commands; what matters is who answers which command, when, and how often. Events
carry, besides their id, the decision that made them (`by`): one id decided twice is a fault even where both
decisions agree.
"""

from typing import Any, NamedTuple

GARBAGE, ADD, TOUCH = "garbage", "add", "touch"
ANSWER, LETTER, TIMED, FORWARD = "answer", "letter", "timed", "forward"
A_LIFE = 100  # batches: where those of a rebuilt lane begin, for the real time that has passed


class Command(NamedTuple):
    """What a client asks of a number that is at home in a lane."""

    kind: str
    number: int = 0
    home: int = 0


class Scenario(NamedTuple):
    """What is asked, who may own which lane, and how many accidents there may be of each kind."""

    commands: tuple[Command, ...]
    logs: tuple[tuple[int, ...], ...]  # the commands in each lane, wherever a stranger's partitioner put them
    owners: tuple[int, ...] = (0, 0)  # the lane of each possible owner
    batch: int = 2
    timers: int = 0  # due in lane 0
    crashes: int = 0
    rebalances: int = 0
    unknowns: int = 0  # commits without an answer
    repeats: int = 0  # by clients
    losses: int = 0  # of records between broker and lane
    windows: int = 0  # days that pass, after which ids are forgotten
    rebuilds: int = 0
    fault: str = ""  # planted


class Record(NamedTuple):
    """A record of the commands topic. `writer`: lane + 1 that forwarded it; `era`: when its client wrote it."""

    command: int
    era: int = 0
    writer: int = 0
    seq: tuple[int, int] = (0, 0)


class Outgoing(NamedTuple):
    """Something to publish. `key`: a command, a timer, or where a dead letter was; `era`: of what is forwarded."""

    kind: str
    key: int
    version: int = 0
    by: tuple[int, int] = (0, 0)  # turn and batch of the decision
    era: int = 0


class Fence(NamedTuple):
    """A lane's document. `turn`, which the protocol cannot see, counts the owners."""

    epoch: int = 0
    batch: int = 1
    next: int = 0
    out: tuple[Outgoing, ...] = ()
    seen: tuple[tuple[int, int], ...] = ()
    turn: int = 0


class Number(NamedTuple):
    """A number's document; at version 0, that of a stranger. `answered`: commands, each with its era."""

    version: int = 0
    answered: frozenset[tuple[int, int]] = frozenset()


class Transaction(NamedTuple):
    """A decision: the fence it was made under, the one that is to follow, and the documents to write."""

    lane: int
    before: Fence
    after: Fence
    numbers: tuple[tuple[int, Number], ...] = ()
    timers: frozenset[int] = frozenset()


class Owner(NamedTuple):
    """A lane object in a process. `parts`: offsets of the batch, halved or not; `sent`: records published of `out`."""

    step: str = "closed"
    fence: Fence = Fence()
    parts: tuple[tuple[int, int], ...] = ()
    decided: Transaction | None = None
    sent: int = 0


class Left(NamedTuple):
    """Accidents that may still happen."""

    crashes: int
    rebalances: int
    unknowns: int
    repeats: int
    losses: int
    windows: int
    rebuilds: int


class State(NamedTuple):
    """All there is at one moment. `limbo`: commits on their way whose sender waits no longer."""

    logs: tuple[tuple[Record, ...], ...]
    fences: tuple[Fence, ...]
    numbers: tuple[Number, ...]
    timers: frozenset[int]
    noted: tuple[tuple[int, int], ...]  # offset and batch that the group knows of each lane
    seen: tuple[tuple[int, int], ...]  # by a reader of the events: highest sequence of each lane
    answers: tuple[tuple[Outgoing, ...], ...]  # heard, of each number
    others: frozenset[Outgoing]  # dead letters and timed events heard
    limbo: tuple[Transaction, ...]
    assigned: tuple[int, ...]  # owner + 1 of each lane, 0: nobody
    owners: tuple[Owner, ...]
    left: Left
    era: int = 0
    wrong: str = ""


def first_state(scenario: Scenario) -> State:
    """Give the state in which the commands are in Kafka and nobody has begun."""
    lanes = len(scenario.logs)
    numbers = 1 + max(command.number for command in scenario.commands)
    nothing = ((0, 0),) * lanes
    return State(
        logs=tuple(tuple(Record(command) for command in log) for log in scenario.logs),
        fences=(Fence(seen=nothing),) * lanes,
        numbers=(Number(),) * numbers,
        timers=frozenset(range(scenario.timers)),
        noted=nothing,
        seen=nothing,
        answers=((),) * numbers,
        others=frozenset(),
        limbo=(),
        assigned=(0,) * lanes,
        owners=(Owner(),) * len(scenario.owners),
        left=Left(*(getattr(scenario, name) for name in Left._fields)),
    )


def put(values: tuple[Any, ...], place: int, value: Any) -> tuple[Any, ...]:
    """Give the values with one replaced."""
    return (*values[:place], value, *values[place + 1 :])
