"""The saga of a subscription as a model: billing's facts, one document, inventory behind a lane for each number.

That each message is handled once, in one transaction, is what the road's model proves; here it is taken for granted.
Number 0 belongs to the subscription at the beginning, number 1 to nobody.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tests.model.explorer import Move
from tests.model.inventory import ASSIGNED, OURS, Command, Event, Number, by_hand, carried_out
from tests.model.requests import (
    EXPIRE,
    OF_ALL_NUMBERS,
    REACTIVATE,
    SWAPS,
    Said,
    Subscription,
    arrive,
    drain,
    settle,
)
from tests.model.world import put

Facts = tuple[tuple[int, str], ...]  # id and kind of each, in the order of billing's topic


class Sagas(NamedTuple):
    """What billing may say, and how often operators and crashes interfere."""

    stories: tuple[Facts, ...]
    hands: int = 0
    crashes: int = 0
    fault: str = ""  # planted


class Taken(NamedTuple):
    """A fact between being taken and being handled. `ends`: how far inventory's events must be read before."""

    ends: tuple[int, ...]
    stale: Subscription | None = None


class State(NamedTuple):
    """All there is at one moment."""

    facts: Facts
    hands: int
    crashes: int
    bank: tuple[Number, ...] = (Number(ASSIGNED, OURS), Number())
    holdings: tuple[Number, ...] = (Number(ASSIGNED, OURS), Number())  # as provisioning has been told
    subscription: Subscription = Subscription()
    read: int = 0  # facts
    taken: Taken | None = None
    heard: frozenset[int] = frozenset()
    pending: frozenset[Command] = frozenset()
    unwritten: frozenset[Command] = frozenset()  # that should be pending, were they not written too late
    commands: tuple[tuple[Command, ...], ...] = ((), ())
    events: tuple[tuple[Event, ...], ...] = ((), ())
    followed: tuple[int, ...] = (0, 0)
    answered: tuple[int, ...] = ()
    wrong: str = ""


class Saga:
    """One form of the saga, ready to be explored."""

    def __init__(self, form: Sagas) -> None:
        self.form = form

    def initial(self) -> Sequence[State]:
        """Give a state for each story."""
        return [State(story, self.form.hands, self.form.crashes) for story in self.form.stories]

    def wrong(self, state: State) -> str:
        """Say what is wrong: at any time, or with a world that has come to rest."""
        if state.wrong or not _at_rest(state):
            return state.wrong
        return _left_over(state)

    def clean(self, state: State) -> bool:
        """Tell whether billing has all its answers, and nothing is under way."""
        return _at_rest(state) and not _left_over(state)

    def moves(self, state: State) -> Iterator[Move]:
        """Give what provisioning, inventory, operators and accidents may do next."""
        yield from takes(self.form, state)
        yield from receives(self.form, state)
        for number in range(len(state.bank)):
            yield from answers(state, number)
            yield from follows(self.form, state, number)
            yield from interferes(state, number)
        if state.unwritten:
            yield Move("what was asked is remembered", _remembered(state))
        if state.taken and state.crashes:
            to = state._replace(taken=None, crashes=state.crashes - 1)
            yield Move("provisioning is killed, and will take the fact again", to, fair=False)


def takes(form: Sagas, state: State) -> Iterator[Move]:
    """Take the next of billing's facts; one about all numbers looks how far inventory's events go."""
    if state.taken is None and state.read < len(state.facts):
        _, kind = state.facts[state.read]
        looks_back = kind in OF_ALL_NUMBERS and form.fault != "not-level-with-inventory"
        ends = tuple(map(len, state.events)) if looks_back else (0,) * len(state.events)
        stale = state.subscription if form.fault == "read-outside-the-transaction" else None
        yield Move(f"provisioning takes {kind}", state._replace(taken=Taken(ends, stale)))


def receives(form: Sagas, state: State) -> Iterator[Move]:
    """Handle the fact that was taken, once inventory's events are read that far."""
    if state.taken is None or any(at < end for at, end in zip(state.followed, state.taken.ends, strict=True)):
        return
    fact, kind = state.facts[state.read]
    subscription = state.taken.stale or state.subscription
    state = state._replace(read=state.read + 1, taken=None)
    if fact not in state.heard or form.fault == "repeat-not-dropped":
        state = state._replace(heard=state.heard | {fact})
        state = _gone_on(form, state, arrive(subscription, fact, kind), Said())
    yield Move(f"provisioning receives {kind}", state)


def follows(form: Sagas, state: State, number: int) -> Iterator[Move]:
    """Take the next event of inventory: what it tells of the number, and what it answers."""
    if state.followed[number] == len(state.events[number]):
        return
    event = state.events[number][state.followed[number]]
    state = state._replace(followed=put(state.followed, number, state.followed[number] + 1))
    if event.accepted:
        state = state._replace(holdings=put(state.holdings, number, event.number))
    subscription, said = state.subscription, Said()
    if event.command in state.pending:
        state = state._replace(pending=state.pending - {event.command})
        subscription, said = settle(subscription, event.command, event.accepted, event.number.placed, form.fault)
    what = f"{'answer to ' + event.command.verb if event.command else 'change by hand'}"
    yield Move(f"provisioning follows the {what} of number {number}", _gone_on(form, state, subscription, said))


def _gone_on(form: Sagas, state: State, subscription: Subscription, said: Said) -> State:
    subscription, more = drain(subscription, state.holdings, form.fault)
    state = state._replace(subscription=subscription)
    asked = said.commands + more.commands
    for command in asked:
        queue = (*state.commands[command.number], command)
        state = state._replace(commands=put(state.commands, command.number, queue))
    state = state._replace(unwritten=state.unwritten | frozenset(asked))
    if form.fault != "pending-not-with-the-command":
        state = _remembered(state)
    for fact, request in said.answers + more.answers:
        if fact in state.answered:
            return state._replace(wrong=f"{request.kind} is answered twice")
        if request.kind == REACTIVATE and subscription.status == "active" and _left_behind(state):
            return state._replace(wrong="a reactivation leaves behind what was kept for it")
        state = state._replace(answered=(*state.answered, fact))
    return state


def _remembered(state: State) -> State:
    return state._replace(pending=state.pending | state.unwritten, unwritten=frozenset())


def _left_behind(state: State) -> bool:
    return any(number.lost_by == OURS and number.cause == EXPIRE for number in state.bank)


def answers(state: State, number: int) -> Iterator[Move]:
    """Let inventory carry out the next command for a number."""
    if not state.commands[number]:
        return
    command, *rest = state.commands[number]
    before = state.bank[number]
    event = carried_out(before, command)
    state = state._replace(commands=put(state.commands, number, tuple(rest)))
    if event.accepted and command.verb == "unassign" and command.cause in SWAPS:
        new, _ = SWAPS[command.cause]
        if state.bank[new].owner != OURS:
            state = state._replace(wrong="a swap gives the old number up although the new one was never got")
    if event.accepted and command.cause == REACTIVATE and before.lost_by != OURS:
        state = state._replace(wrong="a reactivation takes a number that was not kept for it")
    outcome = "accepts" if event.accepted else "rejects"
    yield Move(f"inventory {outcome} {command.verb} of number {number}", _told(state, number, event))


def _told(state: State, number: int, event: Event) -> State:
    events = put(state.events, number, (*state.events[number], event))
    return state._replace(bank=put(state.bank, number, event.number), events=events)


def interferes(state: State, number: int) -> Iterator[Move]:
    """Let an operator change a number; nobody gives one to a subscription whose end is being applied."""
    if not state.hands:
        return
    ending = any(kind in OF_ALL_NUMBERS for _, kind in state.facts[: state.read + bool(state.taken)])
    for what, after in by_hand(state.bank[number], state.subscription.account).items():
        if not (ending and after.owner == OURS):
            to = _told(state._replace(hands=state.hands - 1), number, Event(after))
            yield Move(f"an operator {what}: number {number}", to, fair=False)


def _at_rest(state: State) -> bool:
    read = all(at == len(events) for at, events in zip(state.followed, state.events, strict=True))
    return state.read == len(state.facts) and read and not any(state.commands) and not state.unwritten


def _left_over(state: State) -> str:
    """Say what is wrong with a world in which nothing is under way any more."""
    subscription = state.subscription
    if missing := {fact for fact, _ in state.facts} - set(state.answered):
        return f"all is at rest, but fact {min(missing)} is not answered"
    if subscription.requests or subscription.queue or state.pending:
        return "all is at rest, but something is still waited for"
    if state.holdings != state.bank:
        return "provisioning knows other numbers than inventory has"
    for place, number in enumerate(state.bank):
        if number.owner == OURS and subscription.status in ("expired", "terminated"):
            return f"number {place} stays assigned to a subscription that is {subscription.status}"
        if number.owner == OURS and number.holder != subscription.account:
            return f"number {place} stays with the holder from before the transfer"
    return ""
