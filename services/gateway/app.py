"""What the gateway is made of."""

from dataclasses import replace

from contracts.topics import INVENTORY_EVENTS
from services.chassis.fence import REBUILD
from services.chassis.service import Input, Service
from services.gateway.handlers import Gateway
from services.gateway.settings import GatewaySettings
from services.gateway.store import INDEXES, POINTER, SETS, live_views, views_to_build

BATCH = 250  # events: each touches many indexes, and a transaction has few seconds to live

REBUILDER = "gateway-rebuild"  # group of those who make the views anew


def service(settings: GatewaySettings) -> Service:
    """Make the service that finds numbers."""
    gateway = Gateway(views=live_views)
    catalogues = {views.catalogue: INDEXES for views in SETS.values()}
    counts = {views.counts: () for views in SETS.values()}
    return Service(
        name="gateway",
        inputs=(Input(INVENTORY_EVENTS, gateway.follow, batch=BATCH),),
        writes=(),
        collections={**catalogues, **counts, POINTER: (), REBUILD: ()},
        rebuilt_by=REBUILDER,
        renewed=(*catalogues, *counts, REBUILD),
    )


def rebuilder(settings: GatewaySettings) -> Service:
    """Make what follows the same events from their beginning into the other set of views."""
    made = service(settings)
    follow = Gateway(views=views_to_build).follow
    return replace(made, name=REBUILDER, rebuilds=made.name, inputs=(Input(INVENTORY_EVENTS, follow, batch=BATCH),))
