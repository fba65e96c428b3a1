"""Single numbers as they are now."""

from dataclasses import dataclass

from services.chassis.ports import Viewer
from services.gateway.domain import Asker, Entry
from services.gateway.viewing import read_by


@dataclass
class Present:
    """Knows what is. Raises `StoreTrouble`."""

    viewer: Viewer

    async def get(self, number: str, asker: Asker) -> Entry | None:
        """Give the entry of a number, None if it is not in the bank, or not for the asker to see."""
        entry = (await self.viewer.get((await read_by(self.viewer)).catalogue, [number])).get(number)
        return entry if entry is not None and asker.may_see(entry) else None
