"""What the owner of a lane does by itself, one move between any two things that others can see.

The names are those of `services/chassis`: `take_over` and `opens` of `opening`, `takes`, `settles`, `looks`,
`halves` and `publishes` of `lane`, `notes` of `road`.
"""

from collections.abc import Iterator

from tests.model.deciding import acted, decided
from tests.model.explorer import Move
from tests.model.hearing import delivered
from tests.model.world import FORWARD, Fence, Owner, Scenario, State, Transaction, put

CLOSED, WAITING, OPENING, OPEN, DECIDED, LOOKING, PUBLISHING, EARLY = (
    "closed", "waiting", "opening", "open", "decided", "looking", "publishing", "publishing early",
)  # fmt: skip


def owner_moves(scenario: Scenario, state: State, who: int) -> Iterator[Move]:
    """Give what an owner may do next."""
    lane, me = scenario.owners[who], state.owners[who]
    mine = state.assigned[lane] == who + 1
    if me.step == WAITING:
        yield from waits(scenario, state, who, mine)
    elif me.step == OPENING:
        yield from opens(scenario, state, who)
    elif me.step == OPEN:
        yield from takes(scenario, state, who)
        yield from notes(state, who, lane)
        yield from makes_sure(scenario, state, who)
    elif me.step == DECIDED:
        yield from settles(scenario, state, who)
    elif me.step == LOOKING:
        yield from looks(scenario, state, who)
    elif me.step in (PUBLISHING, EARLY):
        yield from publishes(scenario, state, who)
        if scenario.fault == "next-batch-not-held-back" and me.step == PUBLISHING:
            yield from takes(scenario, state, who)
    if me.step != CLOSED and not mine:
        yield Move(f"owner {who} is told that lane {lane} is gone", changed(state, who, Owner()))


def changed(state: State, who: int, owner: Owner) -> State:
    """Give the state with another owner."""
    return state._replace(owners=put(state.owners, who, owner))


def waits(scenario: Scenario, state: State, who: int, mine: bool) -> Iterator[Move]:
    """Open the lane; one that was lost opens again even before the group says whose it is."""
    lane, left = scenario.owners[who], state.left
    if mine:
        yield Move(f"owner {who} takes lane {lane} over", take_over(scenario, state, who))
    elif left.rebalances:
        state = state._replace(left=left._replace(rebalances=left.rebalances - 1))
        yield Move(f"owner {who} takes lane {lane} over, a zombie", take_over(scenario, state, who), fair=False)


def take_over(scenario: Scenario, state: State, who: int) -> State:
    """Bump the epoch: the moment of handing over. What older owners have on its way to the database misses now."""
    lane = scenario.owners[who]
    stored = state.fences[lane]
    bumped = 0 if scenario.fault == "epoch-not-bumped" else 1
    fence = stored._replace(epoch=stored.epoch + bumped, turn=stored.turn + 1)
    state = state._replace(fences=put(state.fences, lane, fence))
    state = state._replace(limbo=tuple(one for one in state.limbo if matches(scenario, state, one)))
    return changed(state, who, Owner(OPENING, fence))


def opens(scenario: Scenario, state: State, who: int) -> Iterator[Move]:
    """Publish again what the fence holds, unless the group knows that batch as published."""
    lane, me = scenario.owners[who], state.owners[who]
    offset, batch = state.noted[lane]
    noted = offset >= me.fence.next > 0 if scenario.fault == "noted-by-offset-alone" else batch >= me.fence.batch
    if scenario.fault == "begins-where-the-group-is":
        me = me._replace(fence=me.fence._replace(next=offset))
    if me.fence.out and not noted and scenario.fault != "fence-not-published-again":
        yield Move(f"owner {who} opens, and must publish again", changed(state, who, me._replace(step=PUBLISHING)))
    else:
        yield Move(f"owner {who} opens", changed(state, who, Owner(OPEN, _emptied(me.fence))))


def _emptied(fence: Fence) -> Fence:
    return fence._replace(out=())


def takes(scenario: Scenario, state: State, who: int) -> Iterator[Move]:
    """Take the next records, or what is due when there are none, and decide."""
    lane, me = scenario.owners[who], state.owners[who]
    begin, end = me.fence.next, len(state.logs[lane])
    for to in range(begin + 1, min(end, begin + scenario.batch) + 1):
        yield decides(scenario, state, who, ((begin, to),))
    if begin >= end and lane == 0 and state.timers:
        me = me._replace(step=DECIDED, decided=acted(me.fence, state.timers))
        yield Move(f"owner {who} acts on what is due", changed(state, who, me))


def decides(scenario: Scenario, state: State, who: int, parts: tuple[tuple[int, int], ...]) -> Move:
    """Decide the first of the parts of a batch, in a transaction that is not yet committed."""
    lane, me = scenario.owners[who], state.owners[who]
    transaction = decided(scenario, state, lane, me.fence, parts[0])
    early = scenario.fault == "published-before-the-commit" and transaction.after.out
    me = Owner(EARLY if early else DECIDED, me.fence, parts, transaction)
    begin, to = parts[0]
    return Move(f"owner {who} takes {begin} to {to - 1} of lane {lane}, and decides", changed(state, who, me))


def settles(scenario: Scenario, state: State, who: int) -> Iterator[Move]:
    """Commit: everything that was decided and the fence, if the fence is still the one before."""
    me = state.owners[who]
    assert me.decided is not None
    if matches(scenario, state, me.decided):
        yield Move(f"owner {who} commits", _published_next(scenario, landed(scenario, state, me.decided), who))
    else:
        yield Move(f"owner {who} commits, which misses the fence", changed(state, who, me._replace(step=LOOKING)))
    if state.left.unknowns and matches(scenario, state, me.decided):
        left = state.left._replace(unknowns=state.left.unknowns - 1)
        lost = state._replace(left=left, limbo=(*state.limbo, me.decided))
        if scenario.fault == "unknown-taken-for-success":
            yield Move(f"owner {who} commits and hears nothing", _published_next(scenario, lost, who), fair=False)
        else:
            waits = changed(lost, who, me._replace(step=LOOKING))
            yield Move(f"owner {who} commits and hears nothing", waits, fair=False)


def matches(scenario: Scenario, state: State, decided: Transaction) -> bool:
    """Tell whether a transaction finds the fence that it was decided under."""
    stored, before = state.fences[decided.lane], decided.before
    return (stored.epoch == before.epoch or scenario.fault == "epoch-not-checked") and (
        stored.batch == before.batch or scenario.fault == "batch-not-checked"
    )


def landed(scenario: Scenario, state: State, decided: Transaction) -> State:
    """Write what a transaction has decided."""
    lane, numbers = decided.lane, state.numbers
    stored, after = state.fences[lane], decided.after
    for key, number in decided.numbers:
        numbers = put(numbers, key, number)
    if scenario.fault == "forwarded-beside-the-fence":
        after = after._replace(out=tuple(what for what in after.out if what.kind != FORWARD))
    fences = put(state.fences, lane, after)
    state = state._replace(fences=fences, numbers=numbers, timers=state.timers - decided.timers)
    state = state._replace(limbo=tuple(one for one in state.limbo if matches(scenario, state, one)))
    if stored.turn != decided.before.turn:
        return state._replace(wrong=f"a write of an earlier owner of lane {lane} lands after it was taken over")
    if after.next < stored.next:
        return state._replace(wrong=f"the fence of lane {lane} goes back from {stored.next} to {after.next}")
    return state


def _published_next(scenario: Scenario, state: State, who: int) -> State:
    """Give the owner the new fence, of which it has to publish what it holds."""
    me = state.owners[who]
    assert me.decided is not None
    after = me.decided.after
    if not after.out or scenario.fault == "published-before-the-commit":
        return _next_part(scenario, state, who, _emptied(after), me.parts[1:])
    return changed(state, who, Owner(PUBLISHING, after, me.parts))


def _next_part(scenario: Scenario, state: State, who: int, fence: Fence, parts: tuple[tuple[int, int], ...]) -> State:
    """Go on with what is left of a halved batch, without what a late commit has settled meanwhile."""
    if scenario.fault != "halved-rest-not-filtered":
        parts = tuple((max(begin, fence.next), end) for begin, end in parts if end > fence.next)
    if not parts:
        return changed(state, who, Owner(OPEN, fence))
    return decides(scenario, changed(state, who, Owner(OPEN, fence)), who, parts).state


def looks(scenario: Scenario, state: State, who: int) -> Iterator[Move]:
    """After any trouble, read the fence: it went through, it did not, or another owner has come."""
    lane, me = scenario.owners[who], state.owners[who]
    stored = state.fences[lane]
    if scenario.fault == "unknown-taken-for-abort":
        yield from _again(scenario, state, who)
    elif stored.epoch != me.fence.epoch:
        if scenario.fault == "loser-stays-closed":
            yield Move(f"owner {who} has lost lane {lane}, and stops", changed(state, who, Owner()))
        elif scenario.fault == "closed-lane-takes-on":
            yield Move(
                f"owner {who} has lost lane {lane}, and goes on", changed(state, who, Owner(OPEN, _emptied(stored)))
            )
        else:
            yield Move(f"owner {who} has lost lane {lane}", changed(state, who, Owner(WAITING)))
    elif stored.batch == me.fence.batch + 1:
        found = Owner(PUBLISHING, stored, me.parts) if stored.out else None
        to = changed(state, who, found) if found else _next_part(scenario, state, who, _emptied(stored), me.parts[1:])
        yield Move(f"owner {who} finds that its commit went through", to)
    else:
        yield from _again(scenario, state, who)


def _again(scenario: Scenario, state: State, who: int) -> Iterator[Move]:
    me = state.owners[who]
    if not me.parts:
        assert me.decided is not None
        to = changed(state, who, me._replace(step=DECIDED, decided=acted(me.fence, me.decided.timers)))
        yield Move(f"owner {who} settles again what was due", to)
        return
    yield decides(scenario, state, who, me.parts)
    (begin, end), *rest = me.parts
    if end - begin > 1:
        middle = (begin + end) // 2
        halves = decides(scenario, state, who, ((begin, middle), (middle, end), *rest))
        yield halves._replace(label=f"owner {who} halves the batch: {halves.label}")


def publishes(scenario: Scenario, state: State, who: int) -> Iterator[Move]:
    """Publish the next record of the fence."""
    lane, me = scenario.owners[who], state.owners[who]
    fence = me.decided.after if me.step == EARLY and me.decided else me.fence
    state = delivered(scenario, state, lane, fence.out[me.sent], (fence.batch, me.sent))
    what = f"owner {who} publishes {fence.out[me.sent].kind} {fence.out[me.sent].key}"
    if me.sent + 1 < len(fence.out):
        yield Move(what, changed(state, who, me._replace(sent=me.sent + 1)))
    elif me.step == EARLY:
        yield Move(what, changed(state, who, me._replace(step=DECIDED, sent=0)))
    else:
        yield Move(what, _next_part(scenario, state, who, _emptied(me.fence), me.parts[1:]))


def makes_sure(scenario: Scenario, state: State, who: int) -> Iterator[Move]:
    """Look at the fence while idle: a zombie may have come and gone, and left something to publish."""
    lane = scenario.owners[who]
    if state.fences[lane].epoch != state.owners[who].fence.epoch and scenario.fault != "idle-lane-never-looks":
        yield Move(f"owner {who} sees that it has lost lane {lane}", changed(state, who, Owner(WAITING)))


def notes(state: State, who: int, lane: int) -> Iterator[Move]:
    """Commit the offset to the group, with the batch that is safe by now."""
    fence = state.owners[who].fence
    if state.noted[lane] != (fence.next, fence.batch):
        yield Move(
            f"owner {who} notes batch {fence.batch}",
            state._replace(noted=put(state.noted, lane, (fence.next, fence.batch))),
        )
