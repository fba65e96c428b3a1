"""What a batch concerns: `subscriptions`, the `pending` commands of their requests, and `holdings`.

Everything is read inside the batch's transaction: two lanes may write one subscription, and the
loser reads again.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Self

from contracts.message import Message
from services.chassis.ports import Document
from services.chassis.work import Taken, Work
from services.provisioning.documents import (
    heard_document,
    heard_from,
    holding_document,
    holding_from,
    subscription_document,
    subscription_from,
)
from services.provisioning.domain import (
    EXPIRED,
    OF_ALL_NUMBERS,
    REACTIVATED,
    TERMINATED,
    Heard,
    Holdings,
    Subscription,
    Told,
    latest,
    newer,
    overlaid,
)

SUBSCRIPTIONS, PENDING, HOLDINGS, HEARD = "subscriptions", "pending", "holdings", "heard"
LOOKED_BACK = frozenset({EXPIRED, REACTIVATED, TERMINATED})


class Subscriptions:
    """The subscriptions that one batch concerns; one that nobody knows is an empty one."""

    def __init__(self, loaded: Mapping[str, Subscription]) -> None:
        self._loaded = loaded
        self._now = dict(loaded)

    @classmethod
    async def load(cls, work: Work, ids: Collection[str]) -> Self:
        """Read them in one query."""
        found = await work.get(SUBSCRIPTIONS, ids)
        return cls({id: subscription_from(document) for id, document in found.items()})

    def __getitem__(self, id: str) -> Subscription:
        return self._now.get(id) or Subscription(id)

    def __setitem__(self, id: str, after: Subscription) -> None:
        self._now[id] = after

    def idle(self) -> list[Subscription]:
        """Give those where something waits and nothing is in flight."""
        return [sub for sub in self._now.values() if sub.request is None and sub.queue]

    async def save(self, work: Work) -> None:
        """Write those that have changed, and forget those of which nothing is left."""
        changed = [after for id, after in self._now.items() if after != self._loaded.get(id)]
        await work.put(SUBSCRIPTIONS, [subscription_document(sub) for sub in changed if not sub.forgettable])
        await work.remove(SUBSCRIPTIONS, [sub.id for sub in changed if sub.forgettable and sub.id in self._loaded])


class Projection:
    """The numbers of the subscriptions, as inventory's events up to those of this batch tell."""

    def __init__(self, changes: Mapping[str, Told]) -> None:
        self._changes = changes

    @classmethod
    async def follow(cls, work: Work, events: Iterable[Message]) -> Self:
        """Take events of inventory, and write down what they change."""
        told = latest(events)
        changes = newer(told, _read(await work.get(HOLDINGS, told.keys())))
        await work.put(HOLDINGS, [holding_document(number, each) for number, each in changes.items()])
        return cls(changes)

    async def holdings(self, work: Work, subscriptions: Sequence[Subscription]) -> Holdings:
        """Give what the facts that wait for these subscriptions look at: two queries at most."""
        numbers, owners = _looked_at(subscriptions)
        found: list[Document] = [*(await work.get(HOLDINGS, numbers)).values()]
        if owners:
            found += await work.find(HOLDINGS, {"owner": frozenset(owners)})
        return overlaid(_read({document["_id"]: document for document in found}), self._changes)


def _read(found: Mapping[str, Document]) -> dict[str, Told]:
    return {number: holding_from(document) for number, document in found.items()}


def _looked_at(subscriptions: Iterable[Subscription]) -> tuple[set[str], list[str]]:
    numbers: set[str] = set()
    owners: list[str] = []
    for subscription in subscriptions:
        types = {fact.type for fact in subscription.queue}
        numbers.update(number for fact in subscription.queue for number in fact.numbers)
        if subscription.standing and types & LOOKED_BACK:
            numbers.update(number for number, _ in subscription.standing.lost)
        if types & OF_ALL_NUMBERS:
            owners.append(subscription.id)
    return numbers, owners


async def unheard(work: Work, batch: Sequence[Taken]) -> list[Taken]:
    """Give what no sender has sent before within a day, and remember it."""
    found = await work.get(HEARD, {message.subject for message, _ in batch})
    heard = {subject: heard_from(document) for subject, document in found.items()}
    fresh: list[Taken] = []
    for message, timestamp in batch:
        known = heard.get(message.subject, Heard())
        if not known.knows(message.source, message.id, timestamp):
            heard[message.subject] = known.with_one_more(message.source, message.id, timestamp)
            fresh.append(Taken(message, timestamp))
    subjects = dict.fromkeys(message.subject for message, _ in fresh)
    await work.put(HEARD, [heard_document(subject, heard[subject]) for subject in subjects])
    return fresh


async def answered(work: Work, events: Sequence[Message]) -> dict[str, list[Message]]:
    """Give those events that answer a command of ours, by subscription; a command is answered once."""
    pending = await work.get(PENDING, {event.causationid for event in events if event.causationid})
    answers: dict[str, list[Message]] = {}
    closed: list[str] = []
    for event in events:
        command = pending.get(event.causationid)
        if command is not None and command["number"] == event.subject:
            closed.append(pending.pop(event.causationid)["_id"])
            answers.setdefault(command["subscription"], []).append(event)
    await work.remove(PENDING, closed)
    return answers


async def await_answers(work: Work, commands: Mapping[str, tuple[str, str]]) -> None:
    """Remember, by their ids, for which subscription and number commands were sent."""
    await work.put(
        PENDING, [{"_id": id, "subscription": sub, "number": number} for id, (sub, number) in commands.items()]
    )
