"""The requests of a subscription, one after the other: a fact arrives, waits, is carried out, is answered.

All functions take a subscription and give it as it is afterwards, with what is said about it.
"""

from collections.abc import Mapping

from services.provisioning.domain.admission import plan_of
from services.provisioning.domain.facts import EXPIRED, Fact
from services.provisioning.domain.holdings import Holdings
from services.provisioning.domain.progress import proceed, settled
from services.provisioning.domain.subscription import (
    Answer,
    Refused,
    Request,
    Result,
    Said,
    Standing,
    Step,
    Subscription,
)


def arrive(subscription: Subscription, fact: Fact, *, ahead: bool) -> tuple[Subscription, tuple[Said, ...]]:
    """Let a fact wait for its turn, or refuse it. `ahead`: it lies too far in the future."""
    if ahead:
        message = f"{fact.type} lies more than 5 minutes ahead of the clock."
        return subscription, (_refusal(fact, "time_in_future", message),)
    if subscription.full:
        message = f"{subscription.id} has too much waiting already; send it again later."
        return subscription, (_refusal(fact, "too_many_waiting", message),)
    return subscription._replace(queue=(*subscription.queue, fact)), ()


def settle(subscription: Subscription, results: Mapping[str, Result]) -> tuple[Subscription, tuple[Said, ...]]:
    """Take answers of inventory, by number, and go on with the request that waits for them."""
    if subscription.request is None or subscription.standing is None:
        return subscription, ()
    return _go_on(subscription, settled(subscription.request, results), subscription.standing)


def drain(subscription: Subscription, holdings: Holdings, *, same_sku: bool) -> tuple[Subscription, tuple[Said, ...]]:
    """Begin with what waits, as long as no request is in flight."""
    said: list[Said] = []
    while subscription.request is None and subscription.queue:
        fact, *rest = subscription.queue
        subscription, more = _begin(subscription._replace(queue=tuple(rest)), fact, holdings, same_sku)
        said += more
    return subscription, tuple(said)


def _begin(
    subscription: Subscription, fact: Fact, holdings: Holdings, same_sku: bool
) -> tuple[Subscription, tuple[Said, ...]]:
    try:
        standing, steps = plan_of(subscription.standing, fact, holdings, same_sku)
    except Refused as refused:
        return subscription, (_refusal(fact, refused.code, refused.message),)
    return _go_on(subscription, Request(fact, steps, before=subscription.standing), standing)


def _go_on(subscription: Subscription, request: Request, standing: Standing) -> tuple[Subscription, tuple[Said, ...]]:
    request, commands = proceed(request, standing)
    if not request.settled:
        return subscription._replace(standing=standing, request=request), commands
    answer = Answer.of(request.fact, request.steps)
    return subscription._replace(standing=_after(request, standing), request=None), (*commands, answer)


def _after(request: Request, standing: Standing) -> Standing | None:
    if request.undoing:
        return request.before
    if request.fact.type == EXPIRED:
        took = [step for step in request.steps if step.outcome in ("held", "unchanged")]
        return standing._replace(lost=tuple((step.number, step.placed) for step in took if step.placed is not None))
    return standing


def _refusal(fact: Fact, code: str, message: str) -> Answer:
    steps = (Step(number, outcome="rejected", code=code, message=message) for number in fact.numbers)
    return Answer.of(fact, tuple(steps), code)
