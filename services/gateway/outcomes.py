"""What became of commands of the gateway, looked up. Known in the same moment as the numbers that they changed."""

from collections.abc import Collection
from dataclasses import dataclass

from services.chassis.ports import Viewer
from services.gateway.domain import Outcome
from services.gateway.store.outcomes import outcome_from
from services.gateway.viewing import read_by


@dataclass
class Outcomes:
    """Answers of inventory to commands whose ids begin with `gw-`, of the last three days."""

    viewer: Viewer

    async def get(self, commands: Collection[str]) -> dict[str, Outcome]:
        """Give those that have been answered, by id of the command. Raises `StoreTrouble`."""
        found = await self.viewer.get((await read_by(self.viewer)).outcomes, commands)
        return {id: outcome_from(document) for id, document in found.items()}
