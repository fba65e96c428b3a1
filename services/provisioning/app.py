"""What provisioning is made of."""

from contracts.topics import (
    BILLING_EVENTS,
    INVENTORY_COMMANDS,
    INVENTORY_EVENTS,
    PROVISIONING_COMMANDS,
    PROVISIONING_EVENTS,
)
from services.chassis.service import Input, Service
from services.provisioning.domain.repeats import A_DAY
from services.provisioning.handlers import Provisioning
from services.provisioning.settings import ProvisioningSettings
from services.provisioning.store import HEARD, HOLDINGS, PENDING, SUBSCRIPTIONS


def service(settings: ProvisioningSettings) -> Service:
    """Make the service that lets numbers follow their subscriptions."""
    provisioning = Provisioning(swap_same_sku=settings.policy.swap_same_sku)
    return Service(
        name="provisioning",
        inputs=(
            Input(BILLING_EVENTS, provisioning.receive),
            Input(PROVISIONING_COMMANDS, provisioning.receive),
            Input(INVENTORY_EVENTS, provisioning.follow),
        ),
        writes=(INVENTORY_COMMANDS, PROVISIONING_EVENTS),
        collections={SUBSCRIPTIONS: (), PENDING: (), HOLDINGS: (("owner",),), HEARD: ()},
        expiring={HEARD: ("at", A_DAY)},
    )
