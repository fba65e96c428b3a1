"""What inventory is made of."""

from functools import lru_cache

from contracts.topics import INVENTORY_COMMANDS, INVENTORY_EVENTS
from services.chassis.service import Input, Service
from services.inventory.answered import KEPT
from services.inventory.handlers import Inventory
from services.inventory.numbering import classifier
from services.inventory.settings import InventorySettings
from services.inventory.store import NUMBERS, STRANGERS


def service(settings: InventorySettings) -> Service:
    """Make the service that owns the state of every number."""
    inventory = Inventory(
        knows=settings.policy.knows,
        # A policy may have thousands of exceptions, and most numbers are of few sorts.
        period_of=lru_cache(maxsize=4096)(settings.policy.period_of),
        classify=classifier(strict=settings.strict_numbers),
    )
    return Service(
        name="inventory",
        inputs=(Input(INVENTORY_COMMANDS, inventory.answer),),
        writes=(INVENTORY_EVENTS,),
        collections={NUMBERS: (), STRANGERS: ()},
        expiring={STRANGERS: ("seen_at", KEPT // 1000)},
    )
