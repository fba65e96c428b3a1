"""A subscription and its requests: `arrive`, `drain` and `settle` of provisioning's domain, in short."""

from typing import NamedTuple

from tests.model.inventory import OURS, Command, Number

SWAP, SWAP_BACK, EXPIRE, TERMINATE, REACTIVATE, TRANSFER = (
    "swapped", "swapped back", "expired", "terminated", "reactivated", "transferred",
)  # fmt: skip
OF_ALL_NUMBERS = frozenset({EXPIRE, TERMINATE, REACTIVATE, TRANSFER})
SWAPS = {SWAP: (1, 0), SWAP_BACK: (0, 1)}  # new and old number


class Step(NamedTuple):
    """What is to become of one number. `outcome`: empty until inventory has answered."""

    number: int
    verb: str
    outcome: str = ""
    sent: bool = False
    placed: int = 0


class Request(NamedTuple):
    """A fact that waits for inventory."""

    fact: int
    kind: str
    steps: tuple[Step, ...]


class Subscription(NamedTuple):
    """One request at a time; the rest waits. `lost`: what its expiry took, with the version of the hold."""

    status: str = "active"
    account: int = 0
    lost: tuple[tuple[int, int], ...] = ()
    requests: tuple[Request, ...] = ()
    queue: tuple[tuple[int, str], ...] = ()


class Said(NamedTuple):
    """What follows from a step of a subscription: commands, and answers to billing by fact."""

    commands: tuple[Command, ...] = ()
    answers: tuple[tuple[int, Request], ...] = ()


Moved = tuple[Subscription, Said]


def arrive(subscription: Subscription, fact: int, kind: str) -> Subscription:
    """Let a fact wait for its turn."""
    return subscription._replace(queue=(*subscription.queue, (fact, kind)))


def drain(subscription: Subscription, holdings: tuple[Number, ...], fault: str) -> Moved:
    """Begin with what waits, as long as no request is in flight."""
    said = Said()
    while subscription.queue and (not subscription.requests or fault == "no-queue"):
        (fact, kind), *rest = subscription.queue
        subscription = subscription._replace(queue=tuple(rest))
        subscription, steps = _planned(subscription, kind, holdings, fault)
        subscription, more = _go_on(subscription, Request(fact, kind, steps), fault)
        said = Said(said.commands + more.commands, said.answers + more.answers)
    return subscription, said


def settle(subscription: Subscription, answered: Command, accepted: bool, placed: int, fault: str) -> Moved:
    """Take inventory's answer to a command, and go on with the request that waits for it."""
    for request in subscription.requests:
        if request.fact == answered.fact:
            outcome = "done" if accepted or fault == "rejection-not-awaited" else "rejected"
            steps = tuple(
                step._replace(outcome=outcome, placed=placed)
                if (step.number, step.verb, step.sent, step.outcome) == (answered.number, answered.verb, True, "")
                else step
                for step in request.steps
            )
            others = tuple(other for other in subscription.requests if other != request)
            return _go_on(subscription._replace(requests=others), request._replace(steps=steps), fault)
    return subscription, Said()


def _planned(
    subscription: Subscription, kind: str, holdings: tuple[Number, ...], fault: str
) -> tuple[Subscription, tuple[Step, ...]]:
    """Say how the subscription stands from now on, and what is to become of which numbers."""
    refused = subscription, (Step(0, "refused", "rejected"),)
    own = [place for place, number in enumerate(holdings) if number.owner == OURS]
    if kind in SWAPS:
        new, old = SWAPS[kind]
        if subscription.status != "active" or old not in own:
            return refused
        comes = Step(new, "assign", "unchanged" if new in own else "")
        both = (comes, Step(old, "unassign"))
        return subscription, both[::-1] if fault == "old-given-up-first" else both
    if kind == TERMINATE:
        return subscription._replace(status="terminated", lost=()), tuple(Step(place, "unassign") for place in own)
    if subscription.status == "terminated" or (kind == TRANSFER and subscription.status != "active"):
        return refused
    if kind == TRANSFER:
        account = 1 - subscription.account
        return subscription._replace(account=account), tuple(Step(place, "transfer") for place in own)
    if kind == EXPIRE:
        rests = [
            Step(place, "rest", "done", placed=at) for place, at in subscription.lost if _rests(holdings, place, at)
        ]
        return subscription._replace(status="expired"), (*(Step(place, "unassign") for place in own), *rests)
    if subscription.status == "active":
        return subscription, ()
    steps = tuple(_return(holdings, place, at, fault) for place, at in subscription.lost)
    return subscription._replace(status="active", lost=()), steps


def _rests(holdings: tuple[Number, ...], place: int, at: int) -> bool:
    return (holdings[place].lost_by, holdings[place].placed) == (OURS, at)


def _return(holdings: tuple[Number, ...], place: int, at: int, fault: str) -> Step:
    if holdings[place].owner == OURS:
        return Step(place, "assign", "unchanged")
    if fault == "holds-not-told-apart":
        return Step(place, "assign")
    return Step(place, "assign", placed=at) if _rests(holdings, place, at) else Step(place, "assign", "rejected")


def _go_on(subscription: Subscription, request: Request, fault: str) -> Moved:
    request = _with_old_kept(request)
    waiting = [step for step in request.steps if not step.outcome]
    ready = waiting[:1] if request.kind in SWAPS else waiting
    fresh = [step for step in ready if not step.sent]
    commands = tuple(_command(subscription, request, step) for step in fresh)
    steps = tuple(step._replace(sent=True) if step in fresh else step for step in request.steps)
    request = request._replace(steps=steps)
    if waiting:
        return subscription._replace(requests=(*subscription.requests, request)), Said(commands)
    if request.kind == EXPIRE and subscription.status == "expired" and fault != "loss-not-remembered":
        lost = tuple((step.number, step.placed) for step in steps if step.outcome == "done")
        subscription = subscription._replace(lost=lost)
    return subscription, Said(commands, ((request.fact, request),))


def _with_old_kept(request: Request) -> Request:
    """Leave the old number alone when the new one was rejected."""
    if request.kind in SWAPS and request.steps[0].outcome == "rejected":
        steps = tuple(step._replace(outcome=step.outcome or "unchanged") for step in request.steps)
        return request._replace(steps=steps)
    return request


def _command(subscription: Subscription, request: Request, step: Step) -> Command:
    return Command(request.fact, step.number, step.verb, subscription.account, step.placed, request.kind)
