"""A consumer group as Kafka coordinates it, eagerly: all give up what they have before it is handed out anew."""

import asyncio
from collections.abc import Collection, Sequence
from typing import Protocol

from services.chassis.records import Lot


class Member(Protocol):
    """Whoever reads in a group. `recalled` is set when it has to give up what it has, and join again."""

    topics: Collection[str]
    recalled: asyncio.Event


class Group:
    """The members, those among them that wait for the next generation, and when each was last heard of."""

    def __init__(self, lots: Sequence[Lot], session: float | None) -> None:
        self.generation = 0
        self._lots, self._session = sorted(lots), session
        self._members: list[Member] = []
        self._joining: dict[Member, asyncio.Future[list[Lot]]] = {}
        self._heard: dict[Member, float] = {}

    def __contains__(self, member: Member) -> bool:
        """Tell whether a member belongs to this generation, or has been recalled from it."""
        return member in self._members

    def join(self, member: Member) -> "asyncio.Future[list[Lot]]":
        """Give what the member is to read, once all others have joined again."""
        self._joining[member] = waiting = asyncio.get_running_loop().create_future()
        self.beat(member)
        self.rebalance()
        return waiting

    def leave(self, member: Member) -> None:
        """Let a member go."""
        self._forget(member)
        self.rebalance()

    def beat(self, member: Member) -> None:
        """Hear that a member is alive."""
        self._heard[member] = asyncio.get_running_loop().time()

    def expel_silent(self) -> list[Member]:
        """Hand out what those have who were not heard of for a session; give who they are."""
        now, session = asyncio.get_running_loop().time(), self._session or float("inf")
        known = [*self._members, *(member for member in self._joining if member not in self._members)]
        silent = [member for member in known if now - self._heard[member] > session]
        for member in silent:
            self._forget(member)
            member.recalled.set()  # it will find out as soon as it can
        if silent:
            self.rebalance()
        return silent

    def pardon(self) -> None:
        """Hold nobody's silence against him: the coordinator itself was away."""
        self._heard = dict.fromkeys(self._heard, asyncio.get_running_loop().time())

    def rebalance(self, order: Sequence[Member] = ()) -> None:
        """Recall everybody; the last one to join again completes it. `order`: who is served first."""
        self._members.sort(key=lambda member: order.index(member) if member in order else len(order))
        for member in self._members:
            if member not in self._joining:
                member.recalled.set()
        if all(member in self._joining for member in self._members):
            self._complete()

    def _forget(self, member: Member) -> None:
        if member in self._members:
            self._members.remove(member)
        if (waiting := self._joining.pop(member, None)) is not None and not waiting.done():
            waiting.set_result([])  # nothing is its own, and it has to ask again

    def _complete(self) -> None:
        self.generation += 1
        self._members += [member for member in self._joining if member not in self._members]
        topics = {topic for member in self._members for topic in member.topics}
        lots = [lot for lot in self._lots if lot.topic in topics]
        for index, member in enumerate(self._members):
            waiting = self._joining[member]
            if not waiting.done():
                waiting.set_result([lot for lot in lots if lot.partition % len(self._members) == index])
        self._joining = {}
