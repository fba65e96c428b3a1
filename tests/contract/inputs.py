"""The six topics that take records: a good record of each, who reads it, and how it shows that it was taken."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.contract.stranger import Stranger, event, written
from tests.contract.trade import ADD, fresh, hold, holder, named, when, whole


@dataclass(frozen=True)
class Input:
    """A topic as a stranger sees it: `good(subject)` gives an event that is taken there."""

    topic: str
    services: tuple[str, ...]
    subject: Callable[[], str]
    good: Callable[[str], dict[str, Any]]
    shown_on: str | None = None


def _activated(subject: str) -> dict[str, Any]:
    return event("subscription.activated", subject, {"account": {"org": "acme"}, "product": "did", "numbers": []})


def _account(subject: str) -> dict[str, Any]:
    return event(
        "account.updated", subject, {"org": subject, "kind": "customer", "name": "A", "billing_email": "a@a.example"}
    )


def _added(subject: str) -> dict[str, Any]:
    return event("number.add", subject, ADD)


def _asked(subject: str) -> dict[str, Any]:
    return event("reservation.extend", subject, {"did_reservation": "R-none"})


def _reserved(subject: str) -> dict[str, Any]:
    ending = {"hold": hold("manual", 2, when(days=3)), "holder": holder("org-of-nobody"), "remark": "r"}
    return event("number.reserved", subject, whole(subject, "reserved", "available", 2, **ending), source="/inventory")


def _expiring(subject: str) -> dict[str, Any]:
    data = {"number": subject, "cause": "manual", "placed": 2, "until": when(days=3), "days_left": 3,
            "charged": False, "holder": holder("org-of-nobody"), "partner": None}  # fmt: skip
    return event("hold.expiring", subject, data, source="/lifecycle-timer")


def _subscription() -> str:
    return named("S")


INPUTS = {
    one.topic: one
    for one in (
        Input("inventory.commands", ("inventory",), fresh, _added, "inventory.events"),
        Input("billing.events", ("provisioning",), _subscription, _activated, "provisioning.events"),
        Input("billing.accounts", ("notification",), _subscription, _account),
        Input("provisioning.commands", ("provisioning",), fresh, _asked, "provisioning.events"),
        Input("inventory.events", ("lifecycle-timer", "provisioning", "gateway"), fresh, _reserved, "lifecycle.events"),
        Input("lifecycle.events", ("lifecycle-timer", "notification"), fresh, _expiring, "notification.events"),
    )
}


class Lane:
    """One partition of a topic: what is written here is read in order."""

    def __init__(self, bank: Stranger, topic: str) -> None:
        self.bank, self.input = bank, INPUTS[topic]
        self.subject = self.input.subject()
        self.partition = bank.home(topic, self.subject)

    async def good(self) -> dict[str, Any]:
        """Write a good record of a fresh subject; give its event."""
        subject = next(
            one for one in iter(self.input.subject, None) if self.bank.home(self.input.topic, one) == self.partition
        )
        told = self.input.good(subject)
        await self.bank.write(self.input.topic, subject.encode(), written(told))
        return told

    async def taken(self, told: dict[str, Any]) -> None:
        """Wait until a good record shows that it was taken."""
        shown_on = self.input.shown_on
        if shown_on == "notification.events":
            await self.bank.until(lambda: told["id"] in self.bank.noticed)
        elif shown_on == "lifecycle.events":
            await self.bank.until(lambda: any(one.key == told["subject"].encode() for one in self.bank.heard[shown_on]))
        elif shown_on:
            await self.bank.answer(told["id"], shown_on)
