"""Who asks, and what of a number they may see."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.gateway.domain.search import Search

_OF_HOLDERS = {"subscription", "owner", "cause", "charged", "until_from", "until_to"}
_PARTICULARS = ("hold", "holder", "subscription", "remark", "reason", "partner")


@dataclass(frozen=True)
class Asker:
    """Somebody who searches. `domains`: the own one and the partner's; `may_manage`: sees everything."""

    org: str | None = None
    domains: tuple[str, ...] = ()
    may_manage: bool = False

    def is_confined(self, search: Search) -> bool:
        """Tell whether a search is about what others may know nothing of: then only own numbers are found.

        That is who holds a number, and to whom else it is offered.
        """
        elsewhere = search.visible_to is not None and search.visible_to not in self.domains
        return not self.may_manage and (bool(search.asked & _OF_HOLDERS) or search.sort == "until" or elsewhere)

    def may_see(self, data: Mapping[str, Any]) -> bool:
        """Tell whether a number is one that they may know of: any, their own, or one on offer to them."""
        domains = data["visible_to"]
        offered = not data["golden"] and (not domains or not set(self.domains).isdisjoint(domains))
        return self.may_manage or self.has(data) or offered

    def sees(self, data: dict[str, Any]) -> dict[str, Any]:
        """Give what they may see of a number that was found: all, or a copy without what is not for them."""
        if self.may_manage or self.has(data):
            return data
        shown = {name: None if name in _PARTICULARS else value for name, value in data.items()}
        # To whom else it is offered is nobody else's business.
        return shown | {"visible_to": [domain for domain in data["visible_to"] if domain in self.domains]}

    def has(self, data: Mapping[str, Any]) -> bool:
        """Tell whether they hold a number."""
        return data["holder"] is not None and data["holder"]["org"] == self.org


OPERATOR = Asker(may_manage=True)
