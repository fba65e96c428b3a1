"""What may be asked, made so that most of it is allowed: chosen by how the number was when it was heard of last."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from contracts.fields import format_instant
from tests.simulation.world import World

Order = tuple[str, str, str, Mapping[str, Any]]  # topic, type, subject, data
COMMANDS, BILLING, PROVISIONING = "inventory.commands", "billing.events", "provisioning.commands"
SUBSCRIPTIONS = ("S-1", "S-2", "S-3", "S-4")
RESERVATIONS = ("R-1", "R-2")
SKUS = ("sg-local", "sg-local", "sg-local", "sg-toll")
BECAUSE = {"remark": "so it was asked"}
STATES = ("available", "reserved", "assigned", "locked", "deleted")


class Orders:
    """Makes orders by chance."""

    def __init__(self, world: World, numbers: Sequence[str], orgs: Sequence[str]) -> None:
        self._world, self._dice, self._numbers, self._orgs = world, world.dice, numbers, orgs
        self._by_state: dict[str | None, tuple[Callable[[str], Order], ...]] = {
            None: (self.joining, self._import, self._import, self._reserve, self._lock, self._update),
            "available": (self._reserve, self._reserve, self._activate, self._activate, self._lock, self._change,
                          self._assign, self._update, self._delete, self._swap_in),
            "reserved": (self._activate, self._extend, self._extend, self._request, self._release, self._assign,
                         self._expire, self._update, self._hold_ends),
            "assigned": (self._end, self._end, self._swap, self._swap, self._change, self._transfer, self._renew,
                         self._unassign, self._update),
            "locked": (self._unlock, self._update, self._expire, self._delete),
            "deleted": (self._recover,),
        }  # fmt: skip

    def any(self) -> Order:
        """Make an order: as a rule one that fits the state of its number."""
        number = self._dice.choice(self._numbers)
        if self._dice.random() < 0.12:
            state = self._dice.choice((*STATES, None))
            return self._dice.choice(self._by_state[state])(number)
        if self._dice.random() < 0.12:
            return self._reactivate(number)
        if self._dice.random() < 0.08:
            return self._restore(number)
        state = self._world.states.get(number, {}).get("state")
        return self._dice.choice(self._by_state[state])(number)

    # -- operators

    def joining(self, number: str) -> Order:
        """Let a number join the bank."""
        return COMMANDS, "number.add", number, self._attributes(number)

    def _attributes(self, number: str) -> dict[str, Any]:
        return {
            "vendor": "v1", "country": "SG", "sku": SKUS[int(number[-1]) % len(SKUS)],
            "ported_in": number[-1] in "05", "golden": number.endswith("4"), "partner": "globex",
        }  # fmt: skip

    def _import(self, number: str) -> Order:
        since = format_instant(self._world.trade_time() - timedelta(days=3))
        state = {"state": "reserved", "since": since, "holder": self._holder()}
        return COMMANDS, "number.import", number, {**self._attributes(number), **state}

    def _holder(self, number: str = "") -> dict[str, str]:
        org = self._dice.choice(self._orgs)
        known = self._world.states.get(number, {}).get("holder")
        if known and self._dice.random() < 0.85:
            return {"org": known["org"], "kind": known["kind"]}
        return {"org": org, "kind": "partner" if org == "globex" else "customer"}

    def _reserve(self, number: str) -> Order:
        return COMMANDS, "number.reserve", number, {"holder": self._holder(), **BECAUSE}

    def _update(self, number: str) -> Order:
        return COMMANDS, "number.update", number, {"routing": f"trunk-{self._dice.randrange(9)}"}

    def _lock(self, number: str) -> Order:
        return COMMANDS, "number.lock", number, BECAUSE

    def _unlock(self, number: str) -> Order:
        return COMMANDS, "number.unlock", number, BECAUSE

    def _release(self, number: str) -> Order:
        return COMMANDS, "number.release", number, BECAUSE

    def _delete(self, number: str) -> Order:
        return COMMANDS, "number.delete", number, {"reason": "faulty", **BECAUSE}

    def _recover(self, number: str) -> Order:
        return COMMANDS, "number.recover", number, BECAUSE

    def _restore(self, number: str) -> Order:
        """Undo what may have been a slip; now and then one that others have gone on from."""
        states = self._world.states
        slips = [each for each in self._numbers if may_be_a_slip(states.get(each, {}))]
        number = self._dice.choice(slips or [number])
        version = states.get(number, {}).get("version", 1) - (self._dice.random() < 0.1)
        return COMMANDS, "number.restore", number, {"version": version, **BECAUSE}

    def _assign(self, number: str) -> Order:
        data = {"subscription": self._dice.choice(SUBSCRIPTIONS), "holder": self._holder(number)}
        return COMMANDS, "number.assign", number, data

    def _unassign(self, number: str) -> Order:
        data = {"subscription": self._owner(number), "cause": "removed"}
        return COMMANDS, "number.unassign", number, data

    def _expire(self, number: str) -> Order:
        placed = self._world.states.get(number, {}).get("version", 1)
        return COMMANDS, "number.expire", number, {"placed": max(1, placed - self._dice.randrange(4))}

    # -- billing

    def _owner(self, number: str) -> str:
        owner = self._world.states.get(number, {}).get("subscription")
        return owner if owner and self._dice.random() < 0.9 else self._dice.choice(SUBSCRIPTIONS)

    def _activate(self, number: str) -> Order:
        numbers = [number, *([self._dice.choice(self._numbers)] if self._dice.random() < 0.4 else [])]
        data = {"account": self._holder(number), "product": "did", "numbers": numbers}
        if self._dice.random() < 0.2:
            data["all_or_nothing"] = True
        return BILLING, "subscription.activated", self._dice.choice(SUBSCRIPTIONS), data

    def _change(self, number: str) -> Order:
        both = [number, self._dice.choice(self._numbers)]
        self._dice.shuffle(both)
        return BILLING, "subscription.changed", self._owner(number), {"added": both[:1], "removed": both[1:]}

    def _swap(self, number: str) -> Order:
        free = [n for n in self._numbers if self._world.states.get(n, {}).get("state") == "available"]
        new = self._dice.choice(free or self._numbers)
        return BILLING, "subscription.swapped", self._owner(number), {"old": number, "new": new}

    def _swap_in(self, number: str) -> Order:
        used = [n for n in self._numbers if self._world.states.get(n, {}).get("state") == "assigned"]
        old = self._dice.choice(used or self._numbers)
        return BILLING, "subscription.swapped", self._owner(old), {"old": old, "new": number}

    def _transfer(self, number: str) -> Order:
        return BILLING, "subscription.transferred", self._owner(number), {"account": self._holder()}

    def _renew(self, number: str) -> Order:
        return BILLING, "subscription.renewed", self._owner(number), {}

    def _end(self, number: str) -> Order:
        kind = self._dice.choice(("expired", "expired", "terminated"))
        return BILLING, f"subscription.{kind}", self._owner(number), {}

    def _reactivate(self, number: str) -> Order:
        lost = (self._world.states.get(number, {}).get("hold") or {}).get("subscription")
        return BILLING, "subscription.reactivated", lost or self._dice.choice(SUBSCRIPTIONS), {}

    # -- DID reservations

    def _paid_until(self) -> str:
        return format_instant(self._world.trade_time() + timedelta(days=self._dice.randint(20, 70)))

    def _extend(self, number: str) -> Order:
        data = {"account": self._holder(number), "product": "did_reservation", "numbers": [number]}
        reservation = self._dice.choice(RESERVATIONS)
        return BILLING, "subscription.activated", reservation, {**data, "paid_until": self._paid_until()}

    def _request(self, number: str) -> Order:
        return PROVISIONING, "reservation.extend", number, {"did_reservation": self._dice.choice(RESERVATIONS)}

    def _hold_ends(self, number: str) -> Order:
        reservation = self._dice.choice(RESERVATIONS)
        if self._dice.random() < 0.5:
            return BILLING, "subscription.renewed", reservation, {"paid_until": self._paid_until()}
        return BILLING, f"subscription.{self._dice.choice(('expired', 'terminated'))}", reservation, {}


def may_be_a_slip(number: Mapping[str, Any]) -> bool:
    """Tell whether the latest change of a number is one that can be undone, for a day."""
    if number.get("state") == "available":
        return number["reason"] == "manual" or (number["previous"], number["reason"]) == ("locked", None)
    locked = number.get("state") == "locked" and number["hold"]["placed"] == number["version"]
    return locked or number.get("state") == "deleted"
