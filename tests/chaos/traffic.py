"""What strangers and billing systems say: all kinds of things in a seeded order, with repeats, strays and garbage."""

from collections import deque
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from services.chassis.partitions import home
from tests.chaos.ledger import Said
from tests.integration.bank import PARTITIONS, envelope

NUMBERS = [f"+6531{n:06}" for n in range(580_000, 580_600)]
ORGS = [f"org-{n}" for n in range(40)]
COMMANDS, BILLING, ACCOUNTS = "inventory.commands", "billing.events", "billing.accounts"
STRANGER = "/stranger"
GARBAGE = (b"", b"{", b"\xff\xfe\x00", b"[1,2]", b'{"specversion": "1.0"}', b'{"specversion": "0.3", "id": "1"}')
NEXT = {  # what is likely to be asked of a number in a state, and where it leads
    "none": (("add", "available"),),
    "available": (("reserve", "reserved"), ("reserve", "reserved"), ("assign", "assigned"), ("lock", "locked"),
                  ("update", "available"), ("delete", "deleted")),
    "reserved": (("release", "available"), ("assign", "assigned"), ("update", "reserved"), ("extend", "reserved")),
    "assigned": (("unassign", "reserved"), ("transfer", "assigned"), ("update", "assigned")),
    "locked": (("unlock", "available"), ("update", "locked")),
    "deleted": (("recover", "available"),),
}  # fmt: skip
ANY = tuple({step for steps in NEXT.values() for step in steps})


class Traffic:
    """An endless conversation. It guesses how numbers stand: a guess that is wrong is asked and refused."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._state = dict.fromkeys(NUMBERS, "none")
        self._given: dict[str, tuple[str, str]] = {}  # number: org and subscription that have it, as far as we know
        self._subscriptions: dict[str, str] = {}
        self._recent: deque[Said] = deque(maxlen=60)
        self._names = 0

    def __iter__(self) -> Iterator[Said]:
        for org in ORGS:
            yield self._account(org)
        while True:
            said = self._random.choices(
                (self._command, self._fact, self._again, self._garbage, lambda: self._account(self._pick(ORGS))),
                (75, 12, 6, 1, 1),
            )[0]()
            yield self._astray(said) if self._random.random() < 0.05 else said

    def _pick(self, choices: Any) -> Any:
        return self._random.choice(choices)

    def _id(self) -> str:
        return f"{self._random.getrandbits(64):016x}"

    def _said(self, topic: str, type: str, subject: str, data: dict[str, Any]) -> Said:
        id = self._id()
        value = envelope(type, subject, data, id=id, source=STRANGER)
        said = Said(topic, home(subject, PARTITIONS), subject, id, subject.encode(), value)
        self._recent.append(said)
        return said

    def _command(self) -> Said:
        number = self._pick(NUMBERS)
        likely = NEXT[self._state[number]]
        verb, leads = self._pick(likely if self._random.random() < 0.85 else ANY)
        if (verb, leads) in likely:
            self._state[number] = leads
        org, subscription = self._given.get(number, (self._pick(ORGS), f"H-{self._id()}"))
        if verb in ("reserve", "assign", "transfer"):
            org = self._pick(ORGS) if verb == "transfer" else org
            self._given[number] = (org, subscription)
        elif verb in ("release", "unassign"):
            self._given.pop(number, None)
        return self._said(COMMANDS, f"number.{verb}", number, asked(verb, self._random, org, subscription))

    def _holder(self) -> dict[str, str]:
        return {"org": self._pick(ORGS), "kind": self._pick(("customer", "customer", "partner"))}

    def _fact(self) -> Said:
        """Give the next thing that happens to a subscription, or a new one."""
        name = self._pick(list(self._subscriptions)) if self._subscriptions and self._random.random() < 0.6 else ""
        if not name:
            self._names += 1
            name = f"S-{self._names}"
            self._subscriptions[name] = ""
            return self._said(BILLING, "subscription.activated", name, self._activation())
        kind = self._pick(("renewed", "changed", "swapped", "transferred", "expired", "reactivated", "terminated"))
        if kind == "terminated" or len(self._subscriptions) > 300:
            del self._subscriptions[name]
        return self._said(BILLING, f"subscription.{kind}", name, FACTS.get(kind, lambda _: {})(self))

    def _activation(self) -> dict[str, Any]:
        numbers = self._random.sample(NUMBERS, self._pick((0, 1, 1, 2, 3)))
        return {"account": self._holder(), "product": "did", "numbers": numbers,
                "all_or_nothing": self._random.random() < 0.2}  # fmt: skip

    def _again(self) -> Said:
        """Repeat what was said a moment ago, as a client does that has missed the acknowledgement."""
        return self._pick(self._recent) if self._recent else self._command()

    def _astray(self, said: Said) -> Said:
        """Put it into any partition, as a client with another partitioner does, or one without keys."""
        if said.topic == ACCOUNTS:  # a compacted topic refuses what has no key, and whoever sends it on with it
            return said
        return said._replace(partition=self._random.randrange(PARTITIONS), key=self._pick((said.key, None)))

    def _garbage(self) -> Said:
        topic = self._pick((COMMANDS, COMMANDS, BILLING))
        return Said(topic, self._random.randrange(PARTITIONS), "", None, None, self._pick(GARBAGE))

    def _account(self, org: str) -> Said:
        mail = f"{org}@example.org"
        data = {"org": org, "kind": "customer", "name": org, "billing_email": mail, "owner_email": f"owner-{mail}"}
        return Said(ACCOUNTS, home(org, PARTITIONS), org, None, org.encode(), envelope("account.updated", org, data))


Facts = Callable[[Traffic], dict[str, Any]]
FACTS: dict[str, Facts] = {
    "changed": lambda t: {"added": [t._pick(NUMBERS)], "removed": [t._pick(NUMBERS)]},
    "swapped": lambda t: dict(zip(("old", "new"), t._random.sample(NUMBERS, 2), strict=True)),
    "transferred": lambda t: {"account": t._holder()},
}


def asked(verb: str, random: Random, org: str, subscription: str) -> dict[str, Any]:
    """Give the data of a command."""
    holder, remark = {"holder": {"org": org}}, {"remark": "for the fair"}
    owner = {"subscription": subscription}
    data: dict[str, dict[str, Any]] = {
        "add": {"vendor": "v", "country": "SG", "sku": "s", "ported_in": random.random() < 0.1},
        "update": {"routing": f"trunk-{random.randrange(1000)}"},
        "reserve": holder | remark,
        "assign": owner | holder,
        "delete": remark | {"reason": random.choice(("ported_out", "faulty"))},
        "extend": holder | {"did_reservation": "R-1", "until": "2190-01-01T00:00:00Z"},
        "unassign": owner | {"cause": random.choice(("removed", "swapped_out", "subscription_expired"))},
        "transfer": owner | holder,
    }
    return data.get(verb, remark)
