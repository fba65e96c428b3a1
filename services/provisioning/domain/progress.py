"""How a request goes on: what is sent to inventory next, and what its answers settle."""

from collections.abc import Mapping

from contracts.fields import Holder
from contracts.inventory import Ask, Assign, EndExtension, Extend, Transfer, Unassign
from contracts.provisioning import Outcome
from services.provisioning.domain.facts import (
    CHANGED,
    EXPIRED,
    REACTIVATED,
    SWAPPED,
    TERMINATED,
    Fact,
)
from services.provisioning.domain.subscription import Command, Request, Result, Standing, Step, Verb
from services.provisioning.domain.undoing import taken_back, taking_back, undo_of, undoing_data

MOST_IN_FLIGHT = 1_000  # commands of one request: what a lane publishes at once is bounded

CAUSES = {
    CHANGED: "removed",
    SWAPPED: "swapped_out",
    EXPIRED: "subscription_expired",
    TERMINATED: "subscription_terminated",
}
OUTCOMES: dict[Verb, Outcome] = {
    "number.assign": "assigned",
    "number.extend": "extended",
    "number.unassign": "held",
    "number.end_extension": "held",
    "number.transfer": "transferred",
}

# What inventory says when the hold that an expiry placed has gone.
GONE = frozenset({"unknown_number", "invalid_transition", "stale_hold", "held_by_another"})


def proceed(request: Request, standing: Standing) -> tuple[Request, tuple[Command, ...]]:
    """Give the request with what can be sent now."""
    if request.fact.type == SWAPPED:
        request = _with_old_kept(request)
    elif request.fact.all_or_nothing and request.settled and request.refused and not request.undoing:
        request = request._replace(undoing=True, steps=tuple(map(taking_back, request.steps)))
    ready = _ready(request)
    commands = tuple(_command(request, standing, step) for step in ready)
    numbers = frozenset(step.number for step in ready)
    steps = tuple(step._replace(sent=True) if step.number in numbers else step for step in request.steps)
    return request._replace(steps=steps), commands


def settled(request: Request, results: Mapping[str, Result]) -> Request:
    """Give the request after answers of inventory, by number; those that it does not wait for are ignored."""
    return request._replace(
        steps=tuple(
            _settled(request, step, results[step.number])
            if step.sent and step.outcome is None and step.number in results
            else step
            for step in request.steps
        )
    )


def _settled(request: Request, step: Step, result: Result) -> Step:
    if request.undoing:
        return taken_back(step, result)
    if result.code is not None:
        gone = request.fact.type == REACTIVATED and result.code in GONE
        code = "no_longer_held" if gone else result.code
        return step._replace(outcome="rejected", code=code, message=result.message)
    assert step.verb is not None
    return step._replace(outcome=OUTCOMES[step.verb], placed=result.placed, undo=undo_of(step, result))


def _with_old_kept(request: Request) -> Request:
    """Leave the old number alone when the new one was rejected."""
    new, *old = request.steps
    if not new.rejected:
        return request
    return request._replace(steps=(new, *(step._replace(outcome=step.outcome or "unchanged") for step in old)))


def _ready(request: Request) -> list[Step]:
    waiting = [step for step in request.steps if step.outcome is None]
    if request.fact.type == SWAPPED:
        waiting = waiting[:1]  # the old number only when the new one is settled
    room = MOST_IN_FLIGHT - sum(step.sent for step in waiting)
    return [step for step in waiting if not step.sent][:room]


def _command(request: Request, standing: Standing, step: Step) -> Command:
    assert step.verb is not None
    data_of = undoing_data if request.undoing else _data
    data = data_of(step.verb, request.fact, standing, step)
    return Command(request.fact, step.number, step.verb, data, request.undoing)


def _data(verb: Verb, fact: Fact, standing: Standing, step: Step) -> Ask:
    id, account = fact.subscription, standing.account
    match verb:
        case "number.assign":
            # What comes back from its hold goes to whoever it is held for.
            holder: Holder | None = None if step.placed is not None else account
            return Assign(subscription=id, holder=holder, sku=step.sku, placed=step.placed)
        case "number.extend":
            assert standing.paid_until is not None
            return Extend(did_reservation=id, holder=account, until=standing.paid_until)
        case "number.transfer":
            return Transfer(subscription=id, holder=account)
        case "number.unassign":
            return Unassign(subscription=id, cause=CAUSES[fact.type], effective_at=fact.at)
        case "number.end_extension":
            return EndExtension(did_reservation=id, effective_at=fact.at)
    raise AssertionError(f"no fact leads to {verb}")
