"""Explores every state that a model can reach, shortest ways first.

A model gives its first states, the moves from any state, what is wrong with one, and whether one is clean. Besides
"nothing is ever wrong" this proves the weak form of liveness: from every state a clean one can be reached by fair
moves alone, that is without help from a crash or another accident.
"""

from array import array
from collections.abc import Callable, Hashable, Iterator, Sequence
from time import process_time
from typing import Any, NamedTuple, Protocol

EVERY = 20_000  # states between two calls of `progress`


class Move(NamedTuple):
    """A step to another state. `fair`: it happens sooner or later by itself; an accident does not."""

    label: str
    state: Any
    fair: bool = True


class Model(Protocol):
    """What can be explored. States are hashable values without negative numbers, whose hashes collide."""

    def initial(self) -> Sequence[Hashable]:
        """Give the states to begin with."""

    def moves(self, state: Any) -> Iterator[Move]:
        """Give all that can happen next."""

    def wrong(self, state: Any) -> str:
        """Say what is wrong with a state, nothing if it is allowed."""

    def clean(self, state: Any) -> bool:
        """Tell whether all is done that was asked."""


class Verdict(NamedTuple):
    """What came out. `wrong` empty: nothing; `trace`: the steps of a shortest way there."""

    wrong: str
    states: int
    depth: int
    seconds: float
    trace: tuple[str, ...] = ()


class Exploration:
    """One walk over all states. A state is kept as a hash of 64 bits and the number of the one before it."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.numbers: dict[int, int] = {}
        self.before = array("q")
        self.cleans = bytearray()
        self.fair_from, self.fair_to = array("q"), array("q")

    def run(self, progress: Callable[[int, int], None]) -> Verdict:
        """Walk until something is wrong or nothing is new."""
        began, depth = process_time(), 0
        layer = [state for state in self.model.initial() if self._note(state, len(self.before))[1]]
        while layer:
            following: list[Any] = []
            for state in layer:
                here = self.numbers[hash(state)]
                for move in self.model.moves(state):
                    there, new = self._note(move.state, here)
                    if move.fair:
                        self.fair_from.append(here)
                        self.fair_to.append(there)
                    if new:
                        following.append(move.state)
                        if wrong := self.model.wrong(move.state):
                            return self._verdict(wrong, depth + 1, began, there)
                        if len(self.before) % EVERY == 0:
                            progress(len(self.before), depth + 1)
            layer = following
            depth += bool(layer)
        stuck = self._stuck()
        wrong = "" if stuck is None else "from here nothing but an accident leads to a clean end"
        return self._verdict(wrong, depth, began, stuck)

    def _note(self, state: Hashable, before: int) -> tuple[int, bool]:
        number = self.numbers.setdefault(hash(state), len(self.before))
        if number < len(self.before):
            return number, False
        self.before.append(before)
        self.cleans.append(self.model.clean(state))
        return number, True

    def _stuck(self) -> int | None:
        """Give the first state from which fair moves never reach a clean one."""
        able, more = bytearray(self.cleans), True
        while more:
            more = False
            for here, there in zip(reversed(self.fair_from), reversed(self.fair_to), strict=True):
                if able[there] and not able[here]:
                    able[here] = more = True
        found = able.find(0)
        return None if found < 0 else found

    def _verdict(self, wrong: str, depth: int, began: float, at: int | None) -> Verdict:
        trace = () if at is None else self._trace(at)
        return Verdict(wrong, len(self.before), depth, process_time() - began, trace)

    def _trace(self, at: int) -> tuple[str, ...]:
        """Walk again from the beginning, along the numbers that led there."""
        way = [at]
        while self.before[way[-1]] != way[-1]:
            way.append(self.before[way[-1]])
        state = next(state for state in self.model.initial() if self.numbers[hash(state)] == way[-1])
        labels: list[str] = []
        for number in reversed(way[:-1]):
            move = next(move for move in self.model.moves(state) if self.numbers.get(hash(move.state)) == number)
            labels.append(move.label)
            state = move.state
        return tuple(labels)


def explore(model: Model, progress: Callable[[int, int], None] = lambda states, depth: None) -> Verdict:
    """Explore a model to the end, or to the first thing that is wrong."""
    return Exploration(model).run(progress)
