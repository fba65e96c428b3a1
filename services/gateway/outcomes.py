"""What became of commands of the gateway, looked up. Known in the same moment as the numbers that they changed."""

from collections.abc import Collection
from dataclasses import dataclass, field

from services.chassis.ports import Viewer
from services.gateway.domain import Outcome
from services.gateway.store.outcomes import outcome_from
from services.gateway.viewing import LiveViews, live_of


@dataclass
class Outcomes:
    """Answers of inventory to commands whose ids begin with `gw-`, of the last three days."""

    viewer: Viewer
    _live: LiveViews = field(init=False)

    def __post_init__(self) -> None:
        self._live = live_of(self.viewer)

    async def get(self, commands: Collection[str]) -> dict[str, Outcome]:
        """Give those that have been answered, by id of the command. Raises `StoreTrouble`."""
        found = await self.viewer.get((await self._live.get()).outcomes, commands)
        return {id: outcome_from(document) for id, document in found.items()}
