"""What the gateway is made of."""

from dataclasses import replace

from contracts.topics import INVENTORY_COMMANDS, INVENTORY_EVENTS
from services.chassis.fence import REBUILD
from services.chassis.service import Input, Service
from services.gateway.bulk.edge import bulk_edge
from services.gateway.bulk.jobs import EXPIRING as JOBS
from services.gateway.handlers import Gateway
from services.gateway.http.edge import edges_of
from services.gateway.repeats import KEPT, REPEATS
from services.gateway.settings import GatewaySettings
from services.gateway.store import COLLECTIONS, EXPIRING, POINTER, live_views, views_to_build
from services.gateway.tokens import NAMES, TOKENS

ABREAST = 3  # lanes in a transaction: each event writes to many indexes, and a transaction has few seconds to live
REBUILDER = "gateway-rebuild"  # group of those who make the views anew


def service(settings: GatewaySettings) -> Service:
    """Make the service that finds numbers."""
    gateway = Gateway(views=live_views)
    return Service(
        name="gateway",
        inputs=(Input(INVENTORY_EVENTS, gateway.follow),),
        writes=(INVENTORY_COMMANDS,),
        collections={**COLLECTIONS, POINTER: (), REBUILD: (), TOKENS: (("name",),), NAMES: ()},
        expiring={**EXPIRING, **JOBS, REPEATS: ("at", KEPT)},
        rebuilt_by=REBUILDER,
        renewed=(*COLLECTIONS, *EXPIRING, REBUILD),
        edges=(bulk_edge(settings), *edges_of(settings)),
        abreast=ABREAST,
    )


def rebuilder(settings: GatewaySettings) -> Service:
    """Make what follows the same events from their beginning into the other set of views."""
    made = service(settings)
    follow = Gateway(views=views_to_build).follow
    inputs = (Input(INVENTORY_EVENTS, follow),)
    return replace(made, name=REBUILDER, rebuilds=made.name, inputs=inputs, edges=())
