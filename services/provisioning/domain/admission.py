"""Whether a fact may be applied at all, and the plan for it if so."""

from collections.abc import Callable
from typing import NamedTuple

from contracts.fields import EARLIEST
from services.provisioning.domain import plans
from services.provisioning.domain.case import Case, Plan
from services.provisioning.domain.facts import (
    ACTIVATED,
    CHANGED,
    EXPIRED,
    EXTEND,
    REACTIVATED,
    RENEWED,
    SWAPPED,
    TERMINATED,
    TRANSFERRED,
    Fact,
)
from services.provisioning.domain.holdings import Holdings
from services.provisioning.domain.subscription import DID, DID_RESERVATION, Refused, Standing, Step

ACTIVE, NOT_ENDED = frozenset({"active"}), frozenset({"active", "expired"})
ALWAYS = NOT_ENDED | {"terminated"}
DIDS, EITHER = frozenset({DID}), frozenset({DID, DID_RESERVATION})


class Rule(NamedTuple):
    """When a fact may be applied, and how."""

    plan: Callable[[Case], Plan]
    statuses: frozenset[str] = ACTIVE
    products: frozenset[str] = DIDS


RULES = {
    ACTIVATED: Rule(plans.activated, NOT_ENDED, EITHER),
    RENEWED: Rule(plans.renewed, products=EITHER),
    CHANGED: Rule(plans.changed),
    SWAPPED: Rule(plans.swapped),
    TRANSFERRED: Rule(plans.transferred),
    EXPIRED: Rule(plans.expired, NOT_ENDED, EITHER),
    TERMINATED: Rule(plans.terminated, ALWAYS, EITHER),
    REACTIVATED: Rule(plans.reactivated, NOT_ENDED, EITHER),
    EXTEND: Rule(plans.extension_wished, products=frozenset({DID_RESERVATION})),
}


def plan_of(standing: Standing | None, fact: Fact, holdings: Holdings, same_sku: bool) -> Plan:
    """Give what has to be done about a fact. Raises `Refused`."""
    if not fact.of_billing:
        stands = _paying(standing, fact)
    elif standing is not None and fact.at < standing.applied:
        return Plan(standing, tuple(Step(number, outcome="outdated") for number in fact.numbers))
    else:
        stands = standing or _found(fact, holdings)
        _admit(stands, fact)
    return RULES[fact.type].plan(Case(fact, stands, holdings, same_sku))


def _paying(standing: Standing | None, fact: Fact) -> Standing:
    id = fact.subscription
    if standing is None or standing.product != DID_RESERVATION:
        raise Refused("did_reservation_unknown", f"{id} is no DID Reservation that billing has told of.")
    if standing.status != "active" or standing.paid_until is None:
        raise Refused(
            "did_reservation_inactive", f"DID Reservation {id} is {standing.status}; it must be active and paid."
        )
    return standing


def _found(fact: Fact, holdings: Holdings) -> Standing:
    """Give a subscription that billing never activated: a new one, or one that got numbers by hand or import."""
    if fact.type == ACTIVATED:
        data = fact.cause.data  # type: ignore[attr-defined]
        return Standing(data.account, data.product, "active", EARLIEST)
    has = holdings.of(fact.subscription)
    if has and fact.type in (EXPIRED, TERMINATED):
        product = DID if has[0].state == "assigned" else DID_RESERVATION
        return Standing(has[0].holder, product, "active", EARLIEST)
    raise Refused("unknown_subscription", f"{fact.subscription} was never activated.")


def _admit(standing: Standing, fact: Fact) -> None:
    rule, id = RULES[fact.type], fact.subscription
    product = fact.cause.data.product if fact.type == ACTIVATED else standing.product  # type: ignore[attr-defined]
    if product not in EITHER:
        raise Refused("unknown_product", f"There is no product {product}; there are did and did_reservation.")
    if standing.status not in rule.statuses:
        hint = "it is over for good" if standing.status == "terminated" else "reactivate it first"
        raise Refused("subscription_ended", f"{id} is {standing.status}; {hint}.")
    if standing.product not in rule.products or product != standing.product:
        raise Refused("wrong_product", f"{id} is a {standing.product}; {fact.type} does not go with it.")
