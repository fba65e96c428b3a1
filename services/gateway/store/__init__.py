"""Documents: the views, of which there are two sets: the live one, and one to rebuild in.

`views` says what they are and how they are found, `catalogue` how one batch is folded into them, `counts`, `history`
and `outcomes` are what it writes besides.
"""

from services.gateway.store.catalogue import Catalogue
from services.gateway.store.views import (
    COLLECTIONS,
    EXPIRING,
    LIVE,
    POINTER,
    SETS,
    TERMS,
    Views,
    live_views,
    views_to_build,
)

__all__ = [
    "COLLECTIONS",
    "EXPIRING",
    "LIVE",
    "POINTER",
    "SETS",
    "TERMS",
    "Catalogue",
    "Views",
    "live_views",
    "views_to_build",
]
