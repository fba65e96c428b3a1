"""How a batch is handled: facts arrive, inventory answers, and each subscription goes on by one request."""

from collections.abc import Sequence
from dataclasses import dataclass

from contracts.inventory import CommandRejected, Number
from contracts.message import Message
from services.chassis.work import Taken, Work
from services.provisioning.domain import Fact, Result, Said, arrive, drain, settle
from services.provisioning.sayings import say
from services.provisioning.store import Projection, Subscriptions, answered, await_answers, unheard


@dataclass(frozen=True)
class Provisioning:
    """Carries out what befalls subscriptions."""

    swap_same_sku: bool  # whether the new number of a swap must be sold as the same as the old one

    async def receive(self, work: Work, batch: Sequence[Taken]) -> None:
        """Take billing events, or people's commands; a repeat is dropped, whatever it says."""
        facts = [Fact.of(message, taken, work.now) for message, taken in await unheard(work, batch)]
        subscriptions = await Subscriptions.load(work, {fact.subscription for fact in facts})
        said: list[Said] = []
        for fact in facts:
            after, more = arrive(subscriptions[fact.subscription], fact, ahead=fact.ahead_of(work.now))
            subscriptions[fact.subscription] = after
            said += more
        await self._go_on(work, subscriptions, Projection({}), said)

    async def follow(self, work: Work, batch: Sequence[Taken]) -> None:
        """Take events of inventory: what they tell of numbers, and those that answer a command of ours."""
        events = [message for message, _ in batch]
        projection = await Projection.follow(work, events)
        answers = await answered(work, events)
        subscriptions = await Subscriptions.load(work, answers)
        said: list[Said] = []
        for id, messages in answers.items():
            results = {message.subject: result_of(message) for message in messages}
            subscriptions[id], more = settle(subscriptions[id], results)
            said += more
        await self._go_on(work, subscriptions, projection, said)

    async def _go_on(self, work: Work, subscriptions: Subscriptions, projection: Projection, said: list[Said]) -> None:
        idle = subscriptions.idle()
        holdings = await projection.holdings(work, idle)
        for subscription in idle:
            subscriptions[subscription.id], more = drain(subscription, holdings, same_sku=self.swap_same_sku)
            said += more
        await subscriptions.save(work)
        await await_answers(work, say(work, said))


def result_of(message: Message) -> Result:
    """Read inventory's answer to a command."""
    if isinstance(message, CommandRejected):
        return Result(message.data.code, message.data.message)
    number: Number = message.data  # type: ignore[attr-defined]
    hold, told = number.hold, Result(previous=number.previous, version=number.version)
    if hold is None:
        return told
    overdue = bool(hold.free_until and message.time and hold.free_until <= message.time)
    return told._replace(placed=hold.placed, overdue=overdue)
