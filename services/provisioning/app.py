"""What provisioning is made of."""

from contracts.message import Message
from contracts.topics import (
    BILLING_EVENTS,
    INVENTORY_COMMANDS,
    INVENTORY_EVENTS,
    PROVISIONING_COMMANDS,
    PROVISIONING_EVENTS,
)
from services.chassis.service import Input, Service
from services.provisioning.domain import OF_ALL_NUMBERS
from services.provisioning.domain.repeats import KEPT
from services.provisioning.handlers import Provisioning
from services.provisioning.settings import ProvisioningSettings
from services.provisioning.store import HEARD, HOLDINGS, PENDING, SUBSCRIPTIONS


def of_all_numbers(message: Message) -> bool:
    """Tell whether a fact is about all numbers that a subscription has."""
    return message.type in OF_ALL_NUMBERS


def service(settings: ProvisioningSettings) -> Service:
    """Make the service that lets numbers follow their subscriptions."""
    provisioning = Provisioning(swap_same_sku=settings.policy.swap_same_sku)
    return Service(
        name="provisioning",
        inputs=(
            # Numbers may have been assigned by hand until the moment that a subscription ends.
            Input(BILLING_EVENTS, provisioning.receive, level_with=(INVENTORY_EVENTS,), looks_back=of_all_numbers),
            Input(PROVISIONING_COMMANDS, provisioning.receive),
            Input(INVENTORY_EVENTS, provisioning.follow),
        ),
        writes=(INVENTORY_COMMANDS, PROVISIONING_EVENTS),
        collections={SUBSCRIPTIONS: (), PENDING: (), HOLDINGS: (("owner",),), HEARD: ()},
        expiring={HEARD: ("at", KEPT)},
    )
