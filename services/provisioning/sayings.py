"""What provisioning says: commands to inventory, and answers to billing and people."""

from collections.abc import Iterable
from typing import Any

from contracts.topics import INVENTORY_COMMANDS, PROVISIONING_EVENTS
from services.chassis.work import Work, derived_id
from services.provisioning.domain import Answer, Command, Fact, Said, Step

SOURCE = "/provisioning"


def say(work: Work, said: Iterable[Said]) -> dict[str, tuple[str, str]]:
    """Publish it; give subscription and number of each command by its id."""
    sent: dict[str, tuple[str, str]] = {}
    for saying in said:
        if isinstance(saying, Command):
            sent[_ask(work, saying)] = (saying.fact.subscription, saying.number)
        else:
            _answer(work, saying)
    return sent


def _ask(work: Work, command: Command) -> str:
    data = command.data.model_dump(mode="json", exclude_none=True)
    step = (command.type, "undo") if command.undoing else (command.type,)
    id = _id(command.fact, command.number, *step)
    return work.emit(INVENTORY_COMMANDS.name, command.type, command.number, data, cause=command.fact.cause, id=id)


def _answer(work: Work, answer: Answer) -> None:
    fact, kind = answer.fact, "provisioning.failed" if answer.failed else "provisioning.completed"
    data: dict[str, Any] = {"subscription": fact.subscription, "request": fact.type}
    if answer.code is not None:
        data["code"] = answer.code
    for step in answer.steps:
        work.count("number", step.code or str(step.outcome))
    data["numbers"] = [_outcome(step) for step in answer.steps]
    work.emit(PROVISIONING_EVENTS.name, kind, fact.cause.subject, data, cause=fact.cause, id=_id(fact, "answer"))


def _outcome(step: Step) -> dict[str, Any]:
    outcome = {"number": step.number, "outcome": step.outcome, "code": step.code, "message": step.message}
    return {name: value for name, value in outcome.items() if value is not None}


def _id(fact: Fact, *step: str) -> str:
    """Derive an id that is the same whenever the batch is decided again.

    What has the same source and id but was taken at another time, after all repeats are forgotten,
    is meant anew: inventory would drop a command with the id of an old one, and never answer it.
    """
    return derived_id(SOURCE, fact.cause.subject, fact.cause.source, fact.cause.id, fact.taken, *step)
