"""How a batch of commands is answered: exactly one event for each, in their order."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import cast

from contracts.inventory import Asked
from contracts.policy import Traits
from contracts.topics import INVENTORY_EVENTS
from services.chassis.work import Taken, Work
from services.inventory.domain import Classified, Rejected, Terms, decide
from services.inventory.events import event_id, number_data, rejection_data
from services.inventory.store import Numbers


@dataclass(frozen=True)
class Inventory:
    """Decides commands under a policy and the numbering plans."""

    knows: Callable[[str], bool]  # whether the policy has a cause
    period_of: Callable[[str, Traits], timedelta]
    classify: Callable[[str], Classified]

    async def answer(self, work: Work, batch: Sequence[Taken]) -> None:
        """Fold the commands over their numbers; a repeat is dropped, whatever it asks."""
        numbers = await Numbers.load(work, {taken.message.subject for taken in batch})
        terms = Terms(work.now, self.knows, self.period_of, self.classify)
        for portion in work.portions(batch):
            for message, timestamp in portion:
                if numbers.answers(message.subject, message.source, message.id, timestamp):
                    _carry_out(work, numbers, cast(Asked, message), terms)
            await work.give_way()
        await numbers.save(work)


def _carry_out(work: Work, numbers: Numbers, command: Asked, terms: Terms) -> None:
    number = numbers[command.subject]
    event, outcome = decide(number, command.type, command.data, terms)
    if isinstance(outcome, Rejected):
        version, data = number.version, rejection_data(command.type, outcome, number)
    else:
        numbers[command.subject] = outcome
        version, data = outcome.version, number_data(outcome)
    id = event_id(command, event, version)
    work.emit(INVENTORY_EVENTS.name, event, command.subject, data, cause=command, id=id)
