"""What each fact means for the numbers of its subscription: a plan for each."""

from datetime import datetime

from services.provisioning.domain.case import Case, Plan
from services.provisioning.domain.subscription import Refused, Step, Verb


def activated(case: Case) -> Plan:
    """Assign the numbers, or pay for their holds."""
    paid_until = _paid(case) if case.reservation else None
    standing = case.applied(account=case.data.account, status="active", paid_until=paid_until, lost=())
    plan = _extend if case.reservation else _assign
    return Plan(standing, tuple(plan(case, number) for number in case.fact.numbers))


def renewed(case: Case) -> Plan:
    """Pay for all its holds until the new end; numbers in use need nothing."""
    if not case.reservation:
        return Plan(case.applied())
    standing = case.applied(paid_until=_paid(case))
    return Plan(standing, tuple(_extend(case, number) for number in case.own))


def changed(case: Case) -> Plan:
    """Assign what is added, hold what is removed; what is both is added."""
    added = frozenset(case.data.added)
    return Plan(
        case.applied(),
        tuple(_assign(case, number) if number in added else _remove(case, number) for number in case.fact.numbers),
    )


def swapped(case: Case) -> Plan:
    """Assign the new number; when that is confirmed, hold the old one."""
    old, new = case.data.old, case.data.new
    leaves = case.its(old)
    if leaves is None:
        # Nothing is applied: the old number is refused before inventory hears of the new one.
        untouched = () if old == new else (Step(new, outcome="unchanged"),)
        return Plan(case.standing, (*untouched, _remove(case, old)))
    if old == new:
        return Plan(case.applied(), (Step(old, outcome="unchanged"),))
    comes = _assign(case, new)._replace(sku=leaves.sku if case.same_sku else None)
    return Plan(case.applied(), (comes, _remove(case, old)))


def transferred(case: Case) -> Plan:
    """Give each of its numbers to the new owner."""
    standing = case.applied(account=case.data.account)
    return Plan(standing, tuple(Step(number, "number.transfer") for number in case.own))


def expired(case: Case) -> Plan:
    """Take its numbers, and remember which."""
    return Plan(case.applied(status="expired"), _ended(case))


def terminated(case: Case) -> Plan:
    """Take its numbers for good; what its expiry took rests on, as it did."""
    return Plan(case.applied(status="terminated", lost=()), _ended(case))


def reactivated(case: Case) -> Plan:
    """Give back what the expiry took, as far as that very hold stands."""
    if case.standing.status == "active":
        return Plan(case.applied(), tuple(Step(number, outcome="unchanged") for number in case.own))
    if case.reservation and case.standing.paid_until is None:
        raise Refused("paid_until_missing", "Nobody has said until when it is paid; activate it again.")
    plan = _resume if case.reservation else _return
    return Plan(case.applied(status="active", lost=()), tuple(plan(case, *lost) for lost in case.standing.lost))


def extension_wished(case: Case) -> Plan:
    """Pay for one more hold; inventory decides whether it may be."""
    return Plan(case.standing, tuple(Step(number, "number.extend") for number in case.fact.numbers))


def _assign(case: Case, number: str) -> Step:
    if case.its(number):
        return Step(number, outcome="unchanged")
    return Step(number, "number.assign")


def _extend(case: Case, number: str) -> Step:
    holding = case.its(number)
    if holding and holding.until == case.data.paid_until:
        return Step(number, outcome="unchanged")
    return Step(number, "number.extend", until=holding.until if holding else None)


def _remove(case: Case, number: str) -> Step:
    if case.its(number):
        return Step(number, "number.unassign")
    message = f"{number} is not assigned to {case.id}."
    return Step(number, outcome="rejected", code="not_in_subscription", message=message)


def _ended(case: Case) -> tuple[Step, ...]:
    verb: Verb = "number.end_extension" if case.reservation else "number.unassign"
    took = [Step(number, verb) for number in case.own]
    rests = [
        Step(number, outcome="unchanged", placed=placed)
        for number, placed in case.standing.lost
        if case.holdings.lost(case.id, number, placed)
    ]
    return tuple(sorted(took + rests))


def _return(case: Case, number: str, placed: int) -> Step:
    if case.its(number):
        return Step(number, outcome="unchanged")
    if case.holdings.lost(case.id, number, placed):
        return Step(number, "number.assign", placed=placed)
    message = f"{number} is no longer in the hold that the expiry of {case.id} placed."
    return Step(number, outcome="rejected", code="no_longer_held", message=message)


def _resume(case: Case, number: str, placed: int) -> Step:
    """Reservations made by hand are in no projection: inventory tells whether they still stand."""
    if case.its(number):
        return Step(number, outcome="unchanged")
    return Step(number, "number.extend", placed=placed)


def _paid(case: Case) -> datetime:
    if case.data.paid_until is None:
        raise Refused("paid_until_missing", "A did_reservation needs paid_until, the end of what was paid.")
    paid_until: datetime = case.data.paid_until
    return paid_until
