"""How the views follow the changes of numbers."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from contracts.inventory import NumberEvent
from services.chassis.work import Taken, Work
from services.gateway.store import Catalogue, Views
from services.gateway.store.outcomes import keep


@dataclass(frozen=True)
class Gateway:
    """Follows inventory's events into one set of views: `views` says which."""

    views: Callable[[Work], Awaitable[Views]]

    async def follow(self, work: Work, batch: Sequence[Taken]) -> None:
        """Keep the views of the numbers of a batch; refusals change nothing but what became of a command."""
        views = await self.views(work)
        events = [message for message, _ in batch if isinstance(message, NumberEvent)]
        catalogue = await Catalogue.load(work, views, {event.subject for event in events})
        for portion in work.portions(events):
            for event in portion:
                if not catalogue.follow(event):
                    work.count("catalogue", "outdated")
            await work.give_way()
        await catalogue.save(work)
        await keep(work, views, batch)
