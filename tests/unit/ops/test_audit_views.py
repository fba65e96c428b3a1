"""What the gateway must know: what it has taken from the topic, and nothing of what is still in a fence."""

from collections import defaultdict

import pytest
from pydantic_core import to_json

from services.ops.audit.change import change_in
from services.ops.audit.findings import Finding, Findings
from services.ops.audit.standing import Stage, Standing
from services.ops.audit.views import Views
from services.ops.dead_letters import Place
from tests.simulation.books import MemoryCollection
from tests.unit.ops.test_audit import told


@pytest.mark.parametrize(("offset", "rules"), [(4, {"found as told"}), (5, set()), (-1, set())])
async def test_only_what_was_taken_from_the_topic_must_be_found(offset: int, rules: set[str]) -> None:
    found: list[Finding] = []
    event, standing = told("added", 1, "available", None), Standing({"gateway/inventory.events/0": Stage(5, 1)})
    change = change_in(event, to_json(event), Place("inventory.events", 0, offset))
    nothing = defaultdict(lambda: MemoryCollection({}))
    await Views(nothing, standing, Findings(found.append)).compare({change.number: change})
    assert {finding.rule for finding in found} == rules
