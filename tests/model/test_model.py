"""The protocol keeps its promises in every state of the small forms, and each planted fault is found there."""

import pytest

from tests.model.explorer import explore
from tests.model.faults import FAULTS
from tests.model.forms import planted, small_forms


@pytest.mark.parametrize("name", small_forms())
def test_every_state_keeps_the_promises_and_leads_to_a_clean_end(name: str) -> None:
    verdict = explore(small_forms()[name])
    assert not verdict.wrong, "\n".join((*verdict.trace, verdict.wrong))


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found(fault: str) -> None:
    verdict = explore(planted(fault))
    assert verdict.wrong
    assert verdict.trace
