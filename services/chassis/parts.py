"""What the lanes of one road share."""

import asyncio
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field

from services.chassis.clock import Clock
from services.chassis.metrics import Metrics
from services.chassis.ports import Broker, Store
from services.chassis.service import Service
from services.chassis.stops import Step
from services.chassis.tracing import UNTRACED, Tracing


@dataclass(frozen=True)
class Parts:
    """One service, and what it runs on."""

    service: Service
    broker: Broker
    store: Store
    clock: Clock
    metrics: Metrics
    step: Step
    reopen_after: float = 1.0  # seconds: the group's next heartbeat
    tick: float = 0.2  # seconds between looks at what is due, and between commits to the group
    tracing: Tracing = UNTRACED
    look_again: float = 10.0  # seconds after which an idle lane makes sure that it is still its owner
    turns: AbstractAsyncContextManager[object] = field(init=False)  # entered by a lane for a transaction

    def __post_init__(self) -> None:
        many = self.service.abreast
        object.__setattr__(self, "turns", asyncio.Semaphore(many) if many else nullcontext())
