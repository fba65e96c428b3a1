"""What became of commands of the gateway, looked up. Known in the same moment as the numbers that they changed."""

from collections.abc import Collection
from dataclasses import dataclass

from services.chassis.errors import StoreTrouble
from services.chassis.ports import Viewer
from services.gateway.domain import Answer, Outcome
from services.gateway.store.outcomes import answers_from, answers_to, outcome_from
from services.gateway.viewing import PATIENCE, read_by


@dataclass
class Outcomes:
    """Answers of inventory to commands whose ids begin with `gw-`, of the last three days. Raises `StoreTrouble`."""

    viewer: Viewer

    async def get(self, commands: Collection[str]) -> dict[str, Outcome]:
        """Give those of single commands that have been answered, by id of the command."""
        found = await self.viewer.get((await read_by(self.viewer)).outcomes, commands)
        return {id: outcome_from(document) for id, document in found.items()}

    async def of_chunk(self, job: str, chunk: int) -> list[Answer]:
        """Give the answers to the rows of a chunk of a job that there are."""
        collection = (await read_by(self.viewer)).answers
        found = await self.viewer.select(collection, answers_to(job, chunk), [("_id", 1)], 0, PATIENCE)
        if found is None:
            raise StoreTrouble(f"MongoDB takes longer than {PATIENCE:g} s")
        return [answer for document in found for answer in answers_from(document)]
