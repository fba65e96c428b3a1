"""How what a request did is taken back: one command after the other, each when the one before is confirmed.

A command that inventory refuses is the last one: somebody else has moved the number meanwhile, and the
next ones would undo what they did. That is why each expects the version that the one before has made.
"""

from contracts.fields import State
from contracts.inventory import Ask, Because, EndExtension, Extend, Reserve, Unassign
from services.provisioning.domain.facts import Fact
from services.provisioning.domain.subscription import ROLLED_BACK, Result, Standing, Step, Verb

# By what was done, and the state from which.
UNDOES: dict[tuple[Verb | None, State | None], tuple[Verb, ...]] = {
    ("number.assign", "available"): ("number.unassign", "number.release"),
    ("number.assign", "reserved"): ("number.unassign", "number.release", "number.reserve"),
    ("number.extend", "reserved"): ("number.end_extension",),
}


def undo_of(step: Step, result: Result) -> tuple[Verb, ...]:
    """Give what would take back what inventory has confirmed; nothing where that would cost the hold."""
    if result.overdue:
        return ()
    undo = UNDOES.get((step.verb, result.previous), ())
    return undo if step.until is None else (*undo, "number.extend")


def taking_back(step: Step, version: int | None = None) -> Step:
    """Give the step that begins, or goes on, to take this one back; itself if there is nothing to take back."""
    if not step.undo:
        return step
    verb, *rest = step.undo
    return Step(step.number, verb, until=step.until, undo=tuple(rest), version=version)


def taken_back(step: Step, result: Result) -> Step:
    """Give a step that takes back, after inventory's answer."""
    if result.code is None and step.undo:
        return taking_back(step, result.version)
    message = "Was carried out and is undone, because another number was rejected."
    if result.code is not None:
        message = f"{message} It is left as it is now: {step.verb} was refused with {result.code}."
    return step._replace(outcome="rejected", code=ROLLED_BACK, message=message)


def undoing_data(verb: Verb, fact: Fact, standing: Standing, step: Step) -> Ask:
    """Give what inventory is asked in order to take a step back."""
    id, version = fact.subscription, step.version
    remark = f"{id} gets all or nothing, and another number was rejected: as it was before."
    match verb:
        case "number.unassign":
            return Unassign(subscription=id, cause="removed", effective_at=fact.at)
        case "number.release":
            return Because(remark=remark, expected_version=version)
        case "number.reserve":
            return Reserve(holder=standing.account, remark=remark, expected_version=version)
        case "number.end_extension":
            return EndExtension(did_reservation=id, effective_at=fact.at)
        case "number.extend":
            assert step.until is not None
            return Extend(did_reservation=id, holder=standing.account, until=step.until, expected_version=version)
    raise AssertionError(f"{verb} takes nothing back")
