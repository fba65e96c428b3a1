"""What carries out jobs beside the lanes of a gateway."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import cast

from services.chassis.kafka import Sender
from services.chassis.parts import Parts
from services.chassis.service import Edge
from services.gateway.bulk.carrying import Means
from services.gateway.bulk.jobs import Jobs, JobStore, new_id
from services.gateway.bulk.level import Level
from services.gateway.bulk.runner import Runner, running
from services.gateway.outcomes import Outcomes
from services.gateway.settings import GatewaySettings


def bulk_edge(settings: GatewaySettings) -> Edge:
    """Give it."""

    @asynccontextmanager
    async def edge(parts: Parts) -> AsyncIterator[Sequence["asyncio.Task[None]"]]:
        desk, sender = cast(JobStore, parts.store), Sender(f"{parts.service.name}-jobs", settings.kafka)
        means = Means(Jobs(desk), Outcomes(desk).of_chunk, sender.send_all, parts.clock, new_id(), Level(parts))
        try:
            async with running(Runner(means, settings.bulk_deletes)) as task:
                yield (task,)
        finally:
            await sender.stop()

    return edge
