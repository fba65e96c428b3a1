"""What the gateway is made of."""

from contracts.topics import INVENTORY_EVENTS
from services.chassis.service import Input, Service
from services.gateway.handlers import Gateway
from services.gateway.settings import GatewaySettings
from services.gateway.store import INDEXES, POINTER, SETS, live_views

BATCH = 250  # events: each touches many indexes, and a transaction has few seconds to live


def service(settings: GatewaySettings) -> Service:
    """Make the service that finds numbers."""
    gateway = Gateway(views=live_views)
    catalogues = {views.catalogue: INDEXES for views in SETS.values()}
    counts = {views.counts: () for views in SETS.values()}
    return Service(
        name="gateway",
        inputs=(Input(INVENTORY_EVENTS, gateway.follow, batch=BATCH),),
        writes=(),
        collections={**catalogues, **counts, POINTER: ()},
    )
