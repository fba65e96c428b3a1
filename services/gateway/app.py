"""What the gateway is made of."""

from dataclasses import replace

from contracts.topics import INVENTORY_EVENTS
from services.chassis.fence import REBUILD
from services.chassis.service import Input, Service
from services.gateway.handlers import Gateway
from services.gateway.settings import GatewaySettings
from services.gateway.store import COLLECTIONS, EXPIRING, POINTER, live_views, views_to_build

BATCH = 250  # events: each touches many indexes, and a transaction has few seconds to live

REBUILDER = "gateway-rebuild"  # group of those who make the views anew


def service(settings: GatewaySettings) -> Service:
    """Make the service that finds numbers."""
    gateway = Gateway(views=live_views)
    return Service(
        name="gateway",
        inputs=(Input(INVENTORY_EVENTS, gateway.follow, batch=BATCH),),
        writes=(),
        collections={**COLLECTIONS, POINTER: (), REBUILD: ()},
        expiring=EXPIRING,
        rebuilt_by=REBUILDER,
        renewed=(*COLLECTIONS, *EXPIRING, REBUILD),
    )


def rebuilder(settings: GatewaySettings) -> Service:
    """Make what follows the same events from their beginning into the other set of views."""
    made = service(settings)
    follow = Gateway(views=views_to_build).follow
    return replace(made, name=REBUILDER, rebuilds=made.name, inputs=(Input(INVENTORY_EVENTS, follow, batch=BATCH),))
