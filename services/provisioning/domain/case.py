"""A fact that befalls a subscription, and what is planned for it."""

from typing import Any, NamedTuple

from services.provisioning.domain.facts import Fact
from services.provisioning.domain.holdings import Holding, Holdings
from services.provisioning.domain.subscription import DID_RESERVATION, Standing, Step


class Case(NamedTuple):
    """A fact that befalls a subscription that stands so."""

    fact: Fact
    standing: Standing
    holdings: Holdings
    same_sku: bool  # whether a swap must be to the same SKU

    @property
    def id(self) -> str:
        """Give the subscription."""
        return self.fact.subscription

    @property
    def data(self) -> Any:
        """Give what the fact says."""
        return self.fact.cause.data  # type: ignore[attr-defined]

    @property
    def reservation(self) -> bool:
        """Whether the subscription pays for holds, and has no numbers in use."""
        return self.standing.product == DID_RESERVATION

    @property
    def own(self) -> tuple[str, ...]:
        """Give the numbers that it has or pays for, also those that it got by hand, in order."""
        return tuple(holding.number for holding in self.holdings.of(self.id, self._state))

    def its(self, number: str) -> Holding | None:
        """Give the holding of a number that it has or pays for, None without one."""
        holding = self.holdings.get(number)
        return holding if holding and (holding.owner, holding.state) == (self.id, self._state) else None

    @property
    def _state(self) -> str:
        return "reserved" if self.reservation else "assigned"

    def applied(self, **changes: Any) -> Standing:
        """Give the standing after the fact."""
        return self.standing._replace(applied=self.fact.at, **changes)


class Plan(NamedTuple):
    """How the subscription stands from now on, and what is to become of which numbers."""

    standing: Standing
    steps: tuple[Step, ...] = ()
