"""All forms of all models by name, with or without a planted fault."""

from tests.model.explorer import Model
from tests.model.faults import FAULTS
from tests.model.road import Road
from tests.model.saga import Saga
from tests.model.scenarios import FULL, FULL_SAGAS, SAGAS, SMALL


def small(name: str, fault: str = "") -> Model:
    """Give the small form of that name."""
    return Road(SMALL[name]._replace(fault=fault)) if name in SMALL else Saga(SAGAS[name]._replace(fault=fault))


def planted(fault: str) -> Model:
    """Give the small form in which a planted fault has to show."""
    return small(FAULTS[fault].form, fault)


def small_forms() -> dict[str, Model]:
    """Give the forms that every run of the tests explores."""
    return {name: small(name) for name in (*SMALL, *SAGAS)}


def full_forms() -> dict[str, Model]:
    """Give the forms that a change of the protocol has to pass."""
    roads: dict[str, Model] = {f"road: {name}": Road(scenario) for name, scenario in FULL.items()}
    return roads | {f"saga: {name}": Saga(form) for name, form in FULL_SAGAS.items()}
