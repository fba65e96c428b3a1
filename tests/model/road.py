"""The road of `services/chassis` as a model: several owners of a few lanes, and the accidents that befall them."""

from collections.abc import Iterator, Sequence

from tests.model.explorer import Move
from tests.model.hearing import all_heard, lost
from tests.model.lane import CLOSED, DECIDED, OPEN, WAITING, changed, landed, matches, owner_moves
from tests.model.world import A_LIFE, GARBAGE, Fence, Number, Owner, Record, Scenario, State, first_state, put


class Road:
    """One scenario of the road, ready to be explored."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario

    def initial(self) -> Sequence[State]:
        """Give the one state to begin with."""
        return [first_state(self.scenario)]

    def wrong(self, state: State) -> str:
        """Say which promise is broken."""
        return state.wrong or lost(self.scenario, state)

    def clean(self, state: State) -> bool:
        """Tell whether everything asked is answered."""
        return all_heard(self.scenario, state)

    def moves(self, state: State) -> Iterator[Move]:
        """Give what owners, the group, clients and accidents may do next."""
        for who in range(len(self.scenario.owners)):
            yield from owner_moves(self.scenario, state, who)
            yield from assigns(self.scenario, state, who)
            yield from crashes(self.scenario, state, who)
            yield from loses_records(self.scenario, state, who)
        yield from lands_late(self.scenario, state)
        yield from repeats(self.scenario, state)
        yield from forgets_ids(self.scenario, state)
        yield from is_rebuilt(self.scenario, state)


def assigns(scenario: Scenario, state: State, who: int) -> Iterator[Move]:
    """Let the group hand a lane to an owner; the old one goes on until it is told, as a zombie."""
    lane = scenario.owners[who]
    if state.assigned[lane] == who + 1:
        return
    to = changed(state._replace(assigned=put(state.assigned, lane, who + 1)), who, Owner(WAITING))
    if not state.assigned[lane]:
        yield Move(f"lane {lane} is given to owner {who}", to)
    elif state.left.rebalances:
        left = state.left._replace(rebalances=state.left.rebalances - 1)
        yield Move(f"lane {lane} goes over to owner {who}", to._replace(left=left), fair=False)


def crashes(scenario: Scenario, state: State, who: int) -> Iterator[Move]:
    """Kill an owner; a commit that it was about to hear of may still be on its way."""
    lane, me = scenario.owners[who], state.owners[who]
    if me.step == CLOSED or not state.left.crashes:
        return
    assigned = put(state.assigned, lane, 0) if state.assigned[lane] == who + 1 else state.assigned
    left = state.left._replace(crashes=state.left.crashes - 1)
    to = changed(state._replace(assigned=assigned, left=left), who, Owner())
    yield Move(f"owner {who} is killed while {me.step}", to, fair=False)
    if me.decided is not None and me.step == DECIDED and left.unknowns and matches(scenario, state, me.decided):
        to = to._replace(left=left._replace(unknowns=left.unknowns - 1), limbo=(*to.limbo, me.decided))
        yield Move(f"owner {who} is killed in the middle of its commit", to, fair=False)


def lands_late(scenario: Scenario, state: State) -> Iterator[Move]:
    """Let a commit take effect that nobody waits for; it may also never do so."""
    for place, decided in enumerate(state.limbo):
        rest = state._replace(limbo=(*state.limbo[:place], *state.limbo[place + 1 :]))
        yield Move(f"a late commit of lane {decided.lane} lands", landed(scenario, rest, decided), fair=False)


def repeats(scenario: Scenario, state: State) -> Iterator[Move]:
    """Let a client send the same command again, straight to where it belongs."""
    if not state.left.repeats:
        return
    left = state.left._replace(repeats=state.left.repeats - 1)
    for key, command in enumerate(scenario.commands):
        if command.kind != GARBAGE:
            logs = put(state.logs, command.home, (*state.logs[command.home], Record(key)))
            yield Move(f"a client repeats command {key}", state._replace(logs=logs, left=left), fair=False)


def loses_records(scenario: Scenario, state: State, who: int) -> Iterator[Move]:
    """Hand over records with a gap before them: the intake doubts it, and seeks back."""
    lane, me = scenario.owners[who], state.owners[who]
    if me.step != OPEN or not state.left.losses or me.fence.next + 1 >= len(state.logs[lane]):
        return
    state = state._replace(left=state.left._replace(losses=state.left.losses - 1))
    if scenario.fault == "gap-believed-at-once":
        state = changed(state, who, me._replace(fence=me.fence._replace(next=me.fence.next + 1)))
    yield Move(f"owner {who} is not handed the next record of lane {lane}", state, fair=False)


def forgets_ids(scenario: Scenario, state: State) -> Iterator[Move]:
    """Let a day pass, after which clients repeat nothing; ids go when all is answered and newer ones come."""
    if state.left.windows:
        state = state._replace(left=state.left._replace(windows=state.left.windows - 1, repeats=0), era=state.era + 1)
        if all_heard(scenario, state):
            state = state._replace(numbers=tuple(Number(number.version) for number in state.numbers))
        yield Move("a day passes", state, fair=False)


def is_rebuilt(scenario: Scenario, state: State) -> Iterator[Move]:
    """Stop all owners, drop fences and documents, and begin anew: what is said again must be heard again."""
    if not state.left.rebuilds:
        return
    batch = 0 if scenario.fault == "batches-from-zero-when-rebuilt" else A_LIFE
    nothing = ((0, 0),) * len(state.logs)
    fences = tuple(Fence(batch=1 + batch, seen=nothing, turn=fence.turn) for fence in state.fences)
    fresh = first_state(scenario)._replace(
        logs=state.logs, noted=state.noted, seen=state.seen, fences=fences, era=state.era,
        left=state.left._replace(rebuilds=state.left.rebuilds - 1),
    )  # fmt: skip
    yield Move("fences and documents are dropped", fresh, fair=False)
