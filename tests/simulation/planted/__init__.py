"""Deliberate faults, each of which the simulation has to find. `road` has those of the chassis, `domain` the others."""

from tests.simulation.planted.domain import DOMAIN
from tests.simulation.planted.planting import Planted
from tests.simulation.planted.road import ROAD

PLANTED: tuple[Planted, ...] = (*ROAD, *DOMAIN)
