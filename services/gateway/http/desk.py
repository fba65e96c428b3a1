"""What is behind the counter: what all answers share."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from contracts.policy import Policy
from services.chassis.clock import Clock
from services.chassis.kafka import Follower
from services.gateway.bulk.clerk import Clerk
from services.gateway.finding import Finder
from services.gateway.http.admission import Admission
from services.gateway.http.commanding import Commands
from services.gateway.http.figures import Figures
from services.gateway.past import Historian
from services.gateway.present import Present
from services.gateway.tokens import Tokens


@dataclass(frozen=True)
class Desk:
    """The collaborators of all that is offered."""

    finder: Finder
    exporter: Finder  # which has more time
    present: Present
    historian: Historian
    commands: Commands
    tokens: Tokens
    clerk: Clerk
    admission: Admission
    figures: Figures
    clock: Clock
    policy: Policy
    follower: Callable[[], Follower]  # of inventory's events
    streams: int  # of changes, at most
    closing: asyncio.Event  # set when the edge is to end
