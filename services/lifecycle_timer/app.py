"""What lifecycle-timer is made of."""

from functools import lru_cache

from contracts.topics import INVENTORY_COMMANDS, INVENTORY_EVENTS, LIFECYCLE_EVENTS
from services.chassis.service import Input, Service
from services.lifecycle_timer.handlers import Lifecycle
from services.lifecycle_timer.settings import LifecycleTimerSettings
from services.lifecycle_timer.store import TIMERS, TOLD

MEMORY = 40 * 24 * 60 * 60  # seconds: longer than the topic keeps what was told


def service(settings: LifecycleTimerSettings) -> Service:
    """Make the service that knows when holds end."""
    lifecycle = Lifecycle(
        clock=settings.clock(),
        # A policy may have thousands of exceptions, and most numbers are of few sorts.
        notice_of=lru_cache(maxsize=4096)(settings.policy.notice_of),
    )
    return Service(
        name="lifecycle-timer",
        inputs=(
            Input(INVENTORY_EVENTS, lifecycle.follow, after=(LIFECYCLE_EVENTS,), timers=lifecycle),
            Input(LIFECYCLE_EVENTS, lifecycle.remember, echoes=True),
        ),
        writes=(LIFECYCLE_EVENTS, INVENTORY_COMMANDS),
        collections={TIMERS: (("lane", "next_at"),), TOLD: ()},
        expiring={TOLD: ("at", MEMORY)},
    )
