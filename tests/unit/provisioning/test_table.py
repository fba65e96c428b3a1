"""Every event of billing, for every product, however the subscription stands: what it is answered with."""

from collections.abc import Callable
from typing import Any

import pytest

from contracts.message import Message
from tests.unit.provisioning.builders import (
    ACME,
    PAID_UNTIL,
    RIVAL,
    A,
    B,
    Town,
    completed,
    fact,
    failed,
    in_bank,
    order,
    reserved,
)  # fmt: skip

ENDED, WRONG, UNKNOWN, ITS = "subscription_ended", "wrong_product", "unknown_subscription", "not_in_subscription"
LATER = "2026-12-01T00:00:00Z"
PRODUCTS: dict[str, dict[str, Any]] = {
    "did": {"product": "did"},
    "did_reservation": {"product": "did_reservation", "paid_until": PAID_UNTIL},
}
EVENTS: dict[str, Callable[[bool], Message]] = {
    "activated": lambda did: fact("activated", numbers=[B], **PRODUCTS["did" if did else "did_reservation"]),
    "renewed": lambda did: fact("renewed", paid_until=LATER),
    "changed": lambda did: fact("changed", added=[B], removed=[A]),
    "swapped": lambda did: fact("swapped", old=A, new=B),
    "transferred": lambda did: fact("transferred", account=RIVAL),
    "expired": lambda did: fact("expired"),
    "terminated": lambda did: fact("terminated"),
    "reactivated": lambda did: fact("reactivated"),
}  # fmt: skip
DID: dict[str, dict[str, Any]] = {
    "activated": {
        "unknown": completed((B, "assigned")), "active": completed((B, "assigned")),
        "expired": completed((B, "assigned")), "terminated": failed(ENDED, (B, "rejected", ENDED)),
    },
    "renewed": {
        "unknown": failed(UNKNOWN), "active": completed(), "expired": failed(ENDED), "terminated": failed(ENDED),
    },
    "changed": {
        "unknown": failed(UNKNOWN, (B, "rejected", UNKNOWN), (A, "rejected", UNKNOWN)),
        "active": completed((B, "assigned"), (A, "held")),
        "expired": failed(ENDED, (B, "rejected", ENDED), (A, "rejected", ENDED)),
        "terminated": failed(ENDED, (B, "rejected", ENDED), (A, "rejected", ENDED)),
    },
    "swapped": {
        "unknown": failed(UNKNOWN, (B, "rejected", UNKNOWN), (A, "rejected", UNKNOWN)),
        "active": completed((B, "assigned"), (A, "held")),
        "expired": failed(ENDED, (B, "rejected", ENDED), (A, "rejected", ENDED)),
        "terminated": failed(ENDED, (B, "rejected", ENDED), (A, "rejected", ENDED)),
    },
    "transferred": {
        "unknown": failed(UNKNOWN), "active": completed((A, "transferred")), "expired": failed(ENDED),
        "terminated": failed(ENDED),
    },
    "expired": {
        "unknown": failed(UNKNOWN), "active": completed((A, "held")), "expired": completed((A, "unchanged")),
        "terminated": failed(ENDED),
    },
    "terminated": {
        "unknown": failed(UNKNOWN), "active": completed((A, "held")), "expired": completed((A, "unchanged")),
        "terminated": completed(),
    },
    "reactivated": {
        "unknown": failed(UNKNOWN), "active": completed((A, "unchanged")), "expired": completed((A, "assigned")),
        "terminated": failed(ENDED),
    },
}  # fmt: skip
DID_RESERVATION: dict[str, dict[str, Any]] = {
    "activated": {
        "unknown": completed((B, "extended")), "active": completed((B, "extended")),
        "expired": completed((B, "extended")), "terminated": failed(ENDED, (B, "rejected", ENDED)),
    },
    "renewed": {
        "unknown": failed(UNKNOWN), "active": completed((A, "extended")), "expired": failed(ENDED),
        "terminated": failed(ENDED),
    },
    "changed": {
        "unknown": failed(UNKNOWN, (B, "rejected", UNKNOWN), (A, "rejected", UNKNOWN)),
        "active": failed(WRONG, (B, "rejected", WRONG), (A, "rejected", WRONG)),
        "expired": failed(ENDED, (B, "rejected", ENDED), (A, "rejected", ENDED)),
        "terminated": failed(ENDED, (B, "rejected", ENDED), (A, "rejected", ENDED)),
    },
    "swapped": {
        "unknown": failed(UNKNOWN, (B, "rejected", UNKNOWN), (A, "rejected", UNKNOWN)),
        "active": failed(WRONG, (B, "rejected", WRONG), (A, "rejected", WRONG)),
        "expired": failed(ENDED, (B, "rejected", ENDED), (A, "rejected", ENDED)),
        "terminated": failed(ENDED, (B, "rejected", ENDED), (A, "rejected", ENDED)),
    },
    "transferred": {
        "unknown": failed(UNKNOWN), "active": failed(WRONG), "expired": failed(ENDED), "terminated": failed(ENDED),
    },
    "expired": {
        "unknown": failed(UNKNOWN), "active": completed((A, "held")), "expired": completed(),
        "terminated": failed(ENDED),
    },
    "terminated": {
        "unknown": failed(UNKNOWN), "active": completed((A, "held")), "expired": completed(),
        "terminated": completed(),
    },
    "reactivated": {
        "unknown": failed(UNKNOWN), "active": completed((A, "unchanged")), "expired": completed((A, "extended")),
        "terminated": failed(ENDED),
    },
}  # fmt: skip
TABLES = {"did": DID, "did_reservation": DID_RESERVATION}
CASES = [
    (product, event, status)
    for product, table in TABLES.items()
    for event, answers in table.items()
    for status in answers
]


async def town_where(product: str, status: str) -> Town:
    """A town where S-1 stands so, has or pays for A, and B would do for it."""
    town = Town()
    await town.hears(*reserved(A), *(reserved(B) if product == "did_reservation" else [in_bank(B)]))
    if status != "unknown":
        await town.answer(fact("activated", numbers=[A], **PRODUCTS[product]))
    if status in ("expired", "terminated"):
        await town.answer(fact(status))
    return town


@pytest.mark.parametrize(("product", "event", "status"), CASES)
async def test_every_event_is_answered_as_the_subscription_stands(product: str, event: str, status: str) -> None:
    town = await town_where(product, status)

    assert await town.answer(EVENTS[event](product == "did")) == TABLES[product][event][status]


@pytest.mark.parametrize(("product", "event", "status"), CASES)
async def test_what_is_refused_as_a_whole_sends_nothing_to_inventory(product: str, event: str, status: str) -> None:
    town = await town_where(product, status)
    before = len(town.asked())

    answer = await town.answer(EVENTS[event](product == "did"))

    refused = answer.type == "failed"
    assert (len(town.asked()) == before) == (refused or not any(n[1] != "unchanged" for n in answer.numbers))


def test_the_tables_name_every_event() -> None:
    assert DID.keys() == DID_RESERVATION.keys() == EVENTS.keys()


async def test_a_subscription_of_another_product_is_not_activated_again() -> None:
    town = await town_where("did", "active")

    answer = await town.answer(fact("activated", product="did_reservation", numbers=[B], paid_until=PAID_UNTIL))

    assert answer == failed(WRONG, (B, "rejected", WRONG))


async def test_a_product_that_nobody_knows_is_refused() -> None:
    town = await town_where("did", "unknown")

    answer = await town.answer(fact("activated", product="fax", numbers=[A]))

    assert answer == failed("unknown_product", (A, "rejected", "unknown_product"))
    assert town.documents("subscriptions") == {}


@pytest.mark.parametrize("event", ["activated", "renewed"])
async def test_a_did_reservation_without_the_end_of_what_was_paid_is_refused(event: str) -> None:
    town = await town_where("did_reservation", "active")
    data: dict[str, Any] = (
        {"product": "did_reservation", "account": ACME, "numbers": []} if event == "activated" else {}
    )

    assert await town.answer(fact(event, **dict[str, Any](data))) == failed("paid_until_missing")


@pytest.mark.parametrize("event", ["expired", "terminated"])
async def test_a_subscription_that_got_its_numbers_by_hand_only_still_ends(event: str) -> None:
    town = await town_where("did", "unknown")
    await town.hears(order("number.assign", B, subscription="S-1", holder=ACME, remark="by hand"))

    assert await town.answer(fact(event)) == completed((B, "held"))
    assert town.number(B)["hold"]["cause"] == f"subscription_{event}"
