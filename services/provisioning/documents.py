"""Documents and values of provisioning: how each is kept in MongoDB."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from contracts import billing, provisioning
from contracts.fields import Holder
from contracts.topics import BILLING_EVENTS
from services.chassis.ports import Document
from services.provisioning.domain import Fact, Heard, Holding, Request, Standing, Step, Subscription, Told

# A fact that waits is kept as the message that it came in.
_MESSAGES = replace(BILLING_EVENTS, messages=billing.EVENTS + provisioning.COMMANDS).adapter()


def subscription_document(subscription: Subscription) -> Document:
    """Give a subscription as it is stored, its standing at the top."""
    request = subscription.request
    return {
        "_id": subscription.id,
        **(_standing_document(subscription.standing) if subscription.standing else {}),
        "request": _request_document(request) if request else None,
        "queue": [_fact_document(fact) for fact in subscription.queue],
    }


def subscription_from(document: Mapping[str, Any]) -> Subscription:
    """Read a subscription as it was stored."""
    return Subscription(
        document["_id"],
        _standing_from(document) if "status" in document else None,
        _request_from(document["request"]) if document["request"] else None,
        tuple(_fact_from(fact) for fact in document["queue"]),
    )


def holding_document(number: str, told: Told) -> Document:
    """Give what was told of a number as it is stored: of one that is no holding just the version."""
    if told.holding is None:
        return {"_id": number, "version": told.version}
    document = told.holding._asdict()
    return {
        "_id": document.pop("number"),
        "version": told.version,
        **document,
        "holder": told.holding.holder.model_dump(),
    }


def holding_from(document: Mapping[str, Any]) -> Told:
    """Read what was told of a number as it was stored."""
    version = document.get("version", 0)
    if "state" not in document:
        return Told(version, None)
    fields = {name: document[name] for name in Holding._fields if name not in ("number", "holder")}
    return Told(version, Holding(number=document["_id"], holder=Holder(**document["holder"]), **fields))


def heard_document(subject: str, heard: Heard) -> Document:
    """Give what a subject was told; `at` is the real time from which a day later it is forgotten."""
    latest = max(taken for _, _, taken in heard.messages)
    at = datetime.fromtimestamp(latest / 1000, UTC)
    return {"_id": subject, "messages": [list(message) for message in heard.messages], "at": at}


def heard_from(document: Mapping[str, Any]) -> Heard:
    """Read what a subject was told."""
    return Heard(tuple((source, id, taken) for source, id, taken in document["messages"]))


def _standing_document(standing: Standing) -> Document:
    lost = [list(number) for number in standing.lost]
    return {**standing._asdict(), "account": standing.account.model_dump(), "lost": lost}


def _standing_from(document: Mapping[str, Any]) -> Standing:
    return Standing(
        Holder(**document["account"]),
        document["product"],
        document["status"],
        document["applied"],
        document["paid_until"],
        tuple((number, placed) for number, placed in document["lost"]),
    )


def _request_document(request: Request) -> Document:
    return {
        "fact": _fact_document(request.fact),
        "steps": [_step_document(step) for step in request.steps],
        "before": _standing_document(request.before) if request.before else None,
        "undoing": request.undoing,
    }


def _request_from(document: Mapping[str, Any]) -> Request:
    return Request(
        _fact_from(document["fact"]),
        tuple(_step_from(step) for step in document["steps"]),
        _standing_from(document["before"]) if document["before"] else None,
        document["undoing"],
    )


def _step_document(step: Step) -> Document:
    document = step._asdict() | {"undo": list(step.undo) or None}
    return {name: value for name, value in document.items() if value is not None}


def _step_from(document: Mapping[str, Any]) -> Step:
    return Step(**{**document, "undo": tuple(document.get("undo", ()))})


def _fact_document(fact: Fact) -> Document:
    message = fact.cause.model_dump_json(exclude_none=True)
    return {"message": message, "at": fact.at, "taken": fact.taken}


def _fact_from(document: Mapping[str, Any]) -> Fact:
    return Fact.of(_MESSAGES.validate_json(document["message"]), document["taken"], document["at"])
