"""Documents and values: `numbers`, and the answered commands of `strangers`.

A batch loads what it concerns, folds in memory, and writes each document once.
"""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any, Self

from contracts.fields import instant_of, milliseconds_of
from services.chassis.ports import Document
from services.chassis.work import Work
from services.inventory.answered import digest_of, newest, was_answered, with_answer
from services.inventory.domain import Attributes, Former, Hold, Holder, Number

NUMBERS = "numbers"
STRANGERS = "strangers"  # numbers that are not in the bank, and were asked about all the same


class Numbers:
    """The numbers that one batch concerns. One that is not in the bank has version 0."""

    def __init__(self, numbers: dict[str, Document], strangers: dict[str, Document]) -> None:
        self._known_strangers = strangers.keys()
        self._documents = numbers  # read when they are asked for: all at once would keep other lanes waiting
        self._numbers: dict[str, Number] = {}
        self._answered: dict[str, bytes] = {
            number: document["answered"] for found in (strangers, numbers) for number, document in found.items()
        }
        self._changed: dict[str, None] = {}

    @classmethod
    async def load(cls, work: Work, numbers: Collection[str]) -> Self:
        """Read them: at most one query for those in the bank, and one for the others."""
        known = await work.get(NUMBERS, numbers)
        return cls(known, await work.get(STRANGERS, [number for number in numbers if number not in known]))

    def __getitem__(self, number: str) -> Number:
        if number not in self._numbers:
            if number not in self._documents:
                return Number(number)
            self._numbers[number] = number_from(self._documents[number])
        return self._numbers[number]

    def __setitem__(self, number: str, after: Number) -> None:
        self._numbers[number] = after

    def answers(self, number: str, source: str, id: str, timestamp: int) -> bool:
        """Note that a command is answered now; False if it was before: a repeat."""
        digest = digest_of(source, id)
        answered = self._answered.get(number, b"")
        if was_answered(answered, digest, timestamp):
            return False
        self._answered[number] = with_answer(answered, digest, timestamp)
        self._changed[number] = None
        return True

    async def save(self, work: Work) -> None:
        """Write what has changed; who is no stranger any longer takes its answers along."""
        joined = [number for number in self._known_strangers if number in self._numbers]
        numbers = [number for number in self._changed if number in self._numbers]
        strangers = [number for number in self._changed if number not in self._numbers]
        documents: list[Document] = []
        for portion in work.portions(numbers):
            documents += [number_document(self._numbers[key], self._answered[key]) for key in portion]
            await work.give_way()
        await work.put(NUMBERS, documents)
        await work.put(STRANGERS, [stranger_document(key, self._answered[key]) for key in strangers])
        await work.remove(STRANGERS, joined)


def number_document(number: Number, answered: bytes) -> Document:
    """Give a number as it is stored: as in events, `number` being the `_id`; `former` only where there is one."""
    hold, holder = number.hold, number.holder
    document: Document = {
        "_id": number.number,
        "state": number.state,
        "previous": number.previous,
        "version": number.version,
        "since": milliseconds_of(number.since),
        "hold": None if hold is None else _hold_document(hold),
        "holder": None if holder is None else {"org": holder.org, "kind": holder.kind},
        "subscription": number.subscription,
        "remark": number.remark,
        "reason": number.reason,
        **described(number.attributes),
        "answered": answered,
    }
    if number.former is not None:
        document["former"] = _former_document(number.former)
    return document


def described(attributes: Attributes) -> dict[str, Any]:
    """Give the attributes by their names in documents and events."""
    # Twice for each command: three times as fast as pairing names and values.
    vendor, country, sku, number_type, capabilities, routing, golden, ported_in, visible_to, partner = attributes
    return {
        "vendor": vendor,
        "country": country,
        "sku": sku,
        "number_type": number_type,
        "capabilities": capabilities,
        "routing": routing,
        "golden": golden,
        "ported_in": ported_in,
        "visible_to": visible_to,
        "partner": partner,
    }


def number_from(document: Document) -> Number:
    """Read a number as it was stored."""
    hold, holder, former = document["hold"], document["holder"], document.get("former")
    return Number(
        document["_id"],
        document["state"],
        document["previous"],
        document["version"],
        instant_of(document["since"]),
        None if hold is None else _hold_from(hold),
        None if holder is None else Holder(holder["org"], holder["kind"]),
        document["subscription"],
        document["remark"],
        document["reason"],
        attributes_from(document),
        None if former is None else _former_from(former),
    )


def attributes_from(document: Document) -> Attributes:
    """Read the attributes of a number."""
    return Attributes(
        document["vendor"],
        document["country"],
        document["sku"],
        document["number_type"],
        tuple(document["capabilities"]),
        document["routing"],
        document["golden"],
        document["ported_in"],
        tuple(document["visible_to"]),
        document["partner"],
    )


def _former_document(former: Former) -> Document:
    state, since, hold, holder = former
    return {
        "state": state,
        "since": milliseconds_of(since),
        "hold": None if hold is None else _hold_document(hold),
        "holder": None if holder is None else holder._asdict(),
    }


def _former_from(document: Document) -> Former:
    hold = None if document["hold"] is None else _hold_from(document["hold"])
    holder = None if document["holder"] is None else Holder(**document["holder"])
    return Former(document["state"], instant_of(document["since"]), hold, holder)


def _hold_document(hold: Hold) -> Document:
    return {
        "cause": hold.cause,
        "placed": hold.placed,
        "until": None if hold.until is None else milliseconds_of(hold.until),
        "free_until": None if hold.free_until is None else milliseconds_of(hold.free_until),
        "charged": hold.charged,
        "did_reservation": hold.did_reservation,
        "subscription": hold.subscription,
    }


def _hold_from(document: Document) -> Hold:
    until, free_until = document["until"], document["free_until"]
    return Hold(
        document["cause"],
        document["placed"],
        None if until is None else instant_of(until),
        None if free_until is None else instant_of(free_until),
        document["charged"],
        document["did_reservation"],
        document["subscription"],
    )


def stranger_document(number: str, answered: bytes) -> Document:
    """Give the answers to a stranger, with the real time from which they may be forgotten in a day."""
    return {"_id": number, "answered": answered, "seen_at": datetime.fromtimestamp(newest(answered) / 1000, UTC)}
