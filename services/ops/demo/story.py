"""The story as data: how the bank is filled, and what happens on which day of the year."""

from collections.abc import Iterator
from itertools import chain
from typing import Any

from contracts.topics import BILLING_ACCOUNTS, BILLING_EVENTS, INVENTORY_COMMANDS
from services.ops.demo.cast import (
    BY_HAND,
    EVERYDAY,
    FAIR,
    GOLDEN,
    GONE,
    LOCKED,
    LONDON,
    NORMAL,
    PAID_HOLD,
    PARTNER,
    PORTED_IN,
    RACED,
    SINGAPORE,
    SORTS,
    SWAPPED_IN,
    SWAPPED_OUT,
    UNPAID,
    accounts,
    holder,
)
from services.ops.demo.scenes import Days, Say, Scene

YEAR = 365.0  # days
BILLING = "billing"
KILLED = "inventory"
HOLD = "R-PAID"  # the DID Reservation


def billing(event: str, subscription: str, **data: Any) -> Say:
    """Say what has happened to a subscription."""
    return Say(BILLING_EVENTS, f"subscription.{event}", subscription, data, BILLING)


def activated(subscription: str, org: str, *numbers: str) -> Say:
    """Say that a subscription has begun."""
    return billing("activated", subscription, account=holder(org), product="did", numbers=list(numbers))


def asks(command: str, number: str, actor: str, **data: Any) -> Say:
    """Ask inventory for something."""
    return Say(INVENTORY_COMMANDS, f"number.{command}", number, data, actor)


def reserves(number: str, org: str, actor: str, remark: str) -> Say:
    """Ask for a number by hand."""
    return asks("reserve", number, actor, holder=holder(org), remark=remark)


def opening() -> tuple[Say, ...]:
    """Give what fills the bank: organisations and numbers."""
    orgs = (Say(BILLING_ACCOUNTS, "account.updated", org, data, BILLING) for org, data in accounts().items())
    return (*orgs, *_stock())


def _stock() -> Iterator[Say]:
    for sort in SORTS:
        for number in map(sort.number, range(sort.size)):
            partner = {"partner": PARTNER} if number == LOCKED else {}
            yield asks("add", number, "ops", **sort.attributes, **partner)
    yield asks("add", GOLDEN, "ops", **SINGAPORE.attributes, golden=True)
    yield asks("add", PORTED_IN, "ops", **LONDON.attributes, ported_in=True)
    legacy = {"cause": "manual", "until": Days(300)}
    yield asks("import", PAID_HOLD, "ops", **LONDON.attributes, state="reserved", since=Days(-30), hold=legacy,
               holder=holder("hooli"), remark="from the old system")  # fmt: skip


_rush = tuple(chain.from_iterable(numbers[-8:] for numbers in EVERYDAY))
RUSH = _rush[:12]  # taken in the burst during which a service is killed; the traffic leaves them alone, too
LATE = _rush[12:]  # asked for while it is dead

SCENES = (
    Scene(3, "Billing activates three subscriptions.", (
        activated("S-SHOP", "acme", SWAPPED_OUT), activated("S-DESK", "globex", NORMAL, PORTED_IN),
        activated("S-HOTEL", "initech", UNPAID),
    )),
    Scene(8, "Mia reserves a number by hand for Globex. It is held for 28 days.",
          (reserves(BY_HAND, "globex", "mia", "asked on the phone"),)),
    Scene(16, "Mia and Tom want the same number at the same moment, for two customers.", (
        reserves(RACED, "acme", "mia", "first come"), reserves(RACED, "globex", "tom", "first served"),
    ), race=True),
    Scene(24, "Billing wants a golden number that nobody has reserved.", (activated("S-GOLD-1", "umbrella", GOLDEN),)),
    Scene(30, "Tom reserves the golden number by hand, and billing asks once more.", (
        reserves(GOLDEN, "umbrella", "tom", "paid for gold"), activated("S-GOLD-2", "umbrella", GOLDEN),
    )),
    Scene(38, "A number draws complaints: support locks it for 28 days.",
          (asks("lock", LOCKED, "support", remark="complaints about spam"),)),
    Scene(46, "Globex leaves: its number rests for 28 days, the one that was ported in for 56.",
          (billing("terminated", "S-DESK"),)),
    Scene(56, "Acme swaps its number for a nicer one.",
          (billing("swapped", "S-SHOP", old=SWAPPED_OUT, new=SWAPPED_IN),)),
    Scene(66, "Initech has not paid in time: its subscription expires.", (billing("expired", "S-HOTEL"),)),
    Scene(74, "Initech pays after all.", (billing("reactivated", "S-HOTEL"),)),
    Scene(82, "Hooli pays to hold its reserved number longer: a DID Reservation begins.",
          (billing("activated", HOLD, account=holder("hooli"), product="did_reservation", numbers=[PAID_HOLD],
                   paid_until=Days(270)),)),
    Scene(96, "Hooli renews the DID Reservation.", (billing("renewed", HOLD, paid_until=Days(290)),)),
    Scene(112, "Hooli ends it early: the number falls back to the end of its free period.",
          (billing("terminated", HOLD),)),
    Scene(126, "Twelve customers come at once, and inventory is killed with -9.",
          tuple(activated(f"S-RUSH-{index}", "hooli", number) for index, number in enumerate(RUSH)),
          waits=False, kills=KILLED),
    Scene(132, "Nobody decides, and customers keep coming: twelve more wait.",
          tuple(activated(f"S-LATE-{index}", "umbrella", number) for index, number in enumerate(LATE)),
          waits=False),
    Scene(138, "Inventory is started again and catches up.", revives=KILLED),
    Scene(205, "Billing renews Acme, and Acme hands its subscription over to Globex.", (
        billing("renewed", "S-SHOP"), billing("transferred", "S-SHOP", account=holder("globex")),
    )),
    Scene(225, "Tekom, a partner, reserves three numbers for a fair; notices that come together are one mail.",
          tuple(reserves(number, PARTNER, "lea", "for the fair") for number in FAIR)),
    Scene(245, "A number does not ring any more: it is taken out of the bank, and comes back repaired.", (
        asks("delete", GONE, "ops", reason="faulty", remark="does not ring"),
        asks("recover", GONE, "ops", remark="repaired by the vendor"),
    )),
    Scene(300, "The rush is over: twelve subscriptions end.",
          tuple(billing("terminated", f"S-RUSH-{index}") for index in range(len(RUSH)))),
)  # fmt: skip
