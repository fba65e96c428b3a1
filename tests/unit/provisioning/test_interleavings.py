"""Every order in which lanes may work: the real decisions, explored to the last state.

Each lane takes one message at a time in a transaction of its own, so a step of a lane is one step.
Inventory decides by number; what is under way waits in the lane of its number.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import NamedTuple, cast

import pytest

from contracts.fields import Holder, State
from contracts.message import Message
from services.provisioning.domain import (
    Answer,
    Command,
    Fact,
    Holding,
    Holdings,
    Result,
    Said,
    Subscription,
    arrive,
    drain,
    settle,
)  # fmt: skip
from tests.unit.provisioning.builders import NOW, A, B, C, fact, wish

ACME = Holder(org="acme")


class Owned(NamedTuple):
    """What inventory knows of a number."""

    state: str = "available"  # or assigned, reserved, taken: somebody else has it
    version: int = 0  # of the last change, the one that placed the hold if there is one


class World(NamedTuple):
    """All there is at one moment; numbers in order of the alphabet."""

    heard: int  # facts that were taken
    subscription: Subscription
    bank: tuple[tuple[str, Owned], ...]
    commands: tuple[Command, ...]  # on their way; in order for each number
    events: tuple[tuple[str, Owned, Result, bool], ...]  # on their way; the last: it answers a command
    holdings: tuple[tuple[str, Holding], ...]
    answers: tuple[tuple[str, bool], ...]  # id of the fact, whether it failed
    by_hand: tuple[tuple[str, str, Owned], ...]  # what operators will still do, each from one state to another


def told(world: World, subscription: Subscription, said: tuple[Said, ...], holdings: dict[str, Holding]) -> World:
    """The world after a transaction of provisioning."""
    subscription, more = drain(subscription, Holdings(holdings.values()), same_sku=True)
    everything = said + more
    return world._replace(
        subscription=subscription,
        commands=world.commands + tuple(one for one in everything if isinstance(one, Command)),
        answers=world.answers + tuple((one.fact.cause.id, one.failed) for one in everything if isinstance(one, Answer)),
        holdings=tuple(sorted(holdings.items())),
    )


def decided(owned: Owned, command: Command) -> tuple[Owned, Result]:
    """What inventory makes of a command."""
    legal = {
        "number.assign": (("available", "reserved"), "assigned"),
        "number.unassign": (("assigned",), "reserved"),
        "number.release": (("reserved", "taken"), "available"),
        "number.reserve": (("available",), "reserved"),
    }
    states, state = legal[command.type]
    expected = {getattr(command.data, "placed", None), command.data.expected_version} - {None}
    if owned.state not in states or expected - {owned.version}:
        return owned, Result("invalid_transition", "Is not so.")
    after = Owned(state, owned.version + 1)
    placed = after.version if state == "reserved" else None
    return after, Result(placed=placed, previous=cast(State, owned.state), version=after.version)


def holding(number: str, owned: Owned) -> Holding | None:
    """What provisioning keeps of a number."""
    if owned.state == "assigned":
        return Holding(number, "assigned", "S-1", ACME, "sg-local")
    if owned.state == "reserved":
        return Holding(number, "reserved", None, ACME, "sg-local", "S-1", "subscription_expired", owned.version)
    return None


def steps(world: World, facts: tuple[Fact, ...]) -> Iterator[World]:
    """Every world that may come next."""
    if world.heard < len(facts):
        subscription, said = arrive(world.subscription, facts[world.heard], ahead=False)
        yield told(world._replace(heard=world.heard + 1), subscription, said, dict(world.holdings))
    for number in dict.fromkeys(command.number for command in world.commands):
        yield inventory_takes(world, next(one for one in world.commands if one.number == number))
    for number in dict.fromkeys(event[0] for event in world.events):
        yield provisioning_hears(world, next(one for one in world.events if one[0] == number))
    for act in world.by_hand:
        number, before, after = act
        if dict(world.bank)[number].state == before:
            rest = tuple(one for one in world.by_hand if one != act)
            yield with_event(world._replace(by_hand=rest), number, after, Result(), False)


def inventory_takes(world: World, command: Command) -> World:
    after, result = decided(dict(world.bank)[command.number], command)
    left = list(world.commands)
    left.remove(command)
    return with_event(world._replace(commands=tuple(left)), command.number, after, result, True)


def with_event(world: World, number: str, after: Owned, result: Result, answers: bool) -> World:
    bank = tuple(sorted({**dict(world.bank), number: after}.items()))
    return world._replace(bank=bank, events=(*world.events, (number, after, result, answers)))


def provisioning_hears(world: World, event: tuple[str, Owned, Result, bool]) -> World:
    number, owned, result, answers = event
    left = list(world.events)
    left.remove(event)
    holdings = dict(world.holdings)
    if result.code is None:
        holdings.pop(number, None)
        if changed := holding(number, owned):
            holdings[number] = changed
    world = world._replace(events=tuple(left))
    subscription, said = settle(world.subscription, {number: result}) if answers else (world.subscription, ())
    return told(world, subscription, said, holdings)


def ends(
    facts: tuple[Fact, ...], bank: dict[str, Owned], by_hand: tuple[tuple[str, str, Owned], ...] = ()
) -> tuple[list[World], int]:
    """Every world in which nothing is left to do, and how many there are on the way."""
    first = World(0, Subscription("S-1"), tuple(sorted(bank.items())), (), (), (), (), by_hand)
    seen, open_, last = {first}, [first], []
    while open_:
        world = open_.pop()
        after = set(steps(world, facts))
        if not after:
            last.append(world)
        open_ += after - seen
        seen |= after
    return last, len(seen)


def history(*messages: Callable[..., Message]) -> tuple[Fact, ...]:
    """Facts that happened a minute after each other."""
    made = (make(at=NOW + n * timedelta(minutes=1), id=str(n)) for n, make in enumerate(messages))
    return tuple(Fact.of(message, 0, NOW) for message in made)


BEGIN = partial(fact, "activated", numbers=[A])
BOTH = partial(fact, "activated", numbers=[A, B])
ALL = partial(fact, "activated", numbers=[A, B], all_or_nothing=True)
SWAP, BACK = partial(fact, "swapped", old=A, new=B), partial(fact, "swapped", old=B, new=A)
CHANGE = partial(fact, "changed", added=[B], removed=[A])
EXPIRE, REACTIVATE, END = partial(fact, "expired"), partial(fact, "reactivated"), partial(fact, "terminated")
STORIES = {
    "swapped, then terminated": (BEGIN, SWAP, END),
    "swapped and back, then terminated": (BEGIN, SWAP, BACK, END),
    "changed, then terminated": (BEGIN, CHANGE, END),
    "changed, then swapped, then terminated": (BEGIN, CHANGE, BACK, END),
    "expired, reactivated, terminated": (BOTH, EXPIRE, REACTIVATE, END),
    "expired and reactivated twice, then terminated": (BOTH, EXPIRE, REACTIVATE, EXPIRE, REACTIVATE, END),
    "swapped, expired, reactivated, terminated": (BEGIN, SWAP, EXPIRE, REACTIVATE, END),
    "all or nothing, then terminated": (ALL, END),
    "had, then all or nothing, then swapped, terminated": (BEGIN, ALL, SWAP, END),
    "terminated, then activated again": (BEGIN, END, BOTH),
}


@pytest.mark.parametrize("b", ["available", "taken"])
@pytest.mark.parametrize("story", STORIES)
def test_whatever_comes_first_a_terminated_subscription_keeps_nothing(story: str, b: str) -> None:
    facts = history(*STORIES[story])

    last, worlds = ends(facts, {A: Owned(), B: Owned(b)})

    assert worlds > len(facts)
    for world in last:
        assert [id for id, _ in world.answers] == [str(n) for n in range(len(facts))], "each once, in their order"
        assert (world.subscription.request, world.subscription.queue) == (None, ())
        assert "assigned" not in [owned.state for _, owned in world.bank]
        if world.subscription.standing:
            assert world.subscription.standing.status == "terminated"


@pytest.mark.parametrize("b", ["available", "taken"])
def test_a_reactivated_subscription_has_what_it_had_whatever_comes_first(b: str) -> None:
    facts = history(BOTH, SWAP, EXPIRE, REACTIVATE)

    last, _ = ends(facts, {A: Owned(), B: Owned(b)})

    for world in last:
        mine = [number for number, owned in world.bank if owned.state == "assigned"]
        assert mine == ([B] if b == "available" else [A])


def test_a_number_that_comes_by_hand_meanwhile_is_taken_by_the_next_end() -> None:
    facts = history(BEGIN, EXPIRE, REACTIVATE)

    for world in ends(facts, {A: Owned(), C: Owned()}, by_hand=((C, "available", Owned("assigned")),))[0]:
        again, said = arrive(world.subscription, Fact.of(fact("terminated"), 0, NOW + timedelta(days=1)), ahead=False)
        assert said == ()
        after = told(world, again, (), dict(world.holdings))
        assert {command.number for command in after.commands} == {A, C}


@pytest.mark.parametrize("story", STORIES)
def test_every_fact_is_answered_once_whatever_operators_do_meanwhile(story: str) -> None:
    facts = history(*STORIES[story])
    meddling = (
        (A, "assigned", Owned("available", 90)),
        (A, "reserved", Owned("taken", 91)),
        (B, "assigned", Owned("reserved", 92)),
        (B, "available", Owned("taken", 93)),
    )

    for world in ends(facts, {A: Owned(), B: Owned()}, meddling)[0]:
        assert [id for id, _ in world.answers] == [str(n) for n in range(len(facts))]
        assert (world.subscription.request, world.subscription.queue) == (None, ())
        assert "assigned" not in [owned.state for _, owned in world.bank]


@pytest.mark.parametrize("before", ["available", "reserved"])
def test_all_or_nothing_ends_as_it_began_whatever_comes_first(before: str) -> None:
    last, _ = ends(history(ALL), {A: Owned(before), B: Owned("taken")})

    for world in last:
        assert [(number, owned.state) for number, owned in world.bank] == [(A, before), (B, "taken")]
        assert world.subscription.forgettable


@pytest.mark.parametrize("before", ["available", "reserved"])
def test_what_is_undone_is_never_taken_from_somebody_who_got_it_meanwhile(before: str) -> None:
    meddling = tuple((A, state, Owned("taken", 90)) for state in ("available", "reserved", "assigned"))
    for act in meddling:
        last, _ = ends(history(ALL), {A: Owned(before), B: Owned("taken")}, (act,))

        assert {dict(world.bank)[A].state for world in last} <= {before, "taken"}
        for world in last:
            assert bool(world.by_hand) == (dict(world.bank)[A].state != "taken"), "who has it keeps it"
            assert world.answers == (("0", True),)
            assert world.subscription.forgettable


def test_a_wish_and_the_end_of_its_reservation_are_never_in_flight_together() -> None:
    begins = Fact.of(fact("activated", of="R-1", product="did_reservation", paid_until="2026-06-01T00:00:00Z"), 0, NOW)
    ending = Fact.of(fact("terminated", of="R-1"), 0, NOW)
    asks = Fact.of(wish(A), 0, NOW)
    for order in ((begins, asks, ending), (begins, ending, asks)):
        subscription, in_flight = Subscription("R-1"), 0
        for one in order:
            subscription, _ = arrive(subscription, one, ahead=False)
            subscription, said = drain(subscription, Holdings(), same_sku=True)
            in_flight += sum(isinstance(saying, Command) for saying in said)
        assert in_flight <= 1
        assert (subscription.request is not None) == (order[1] is asks)
