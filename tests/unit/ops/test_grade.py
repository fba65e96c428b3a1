"""`numberbank number grade`, at the command line."""

import json
from pathlib import Path

import pytest

from contracts.policy import Policy
from services.ops.cli import outcome_of

SHIPPED = Path(__file__).parents[3] / "contracts" / "policy.toml"


def test_a_grade_is_explained_rule_by_rule(capsys: pytest.CaptureFixture[str]) -> None:
    assert outcome_of(["number", "grade", "+65 3158-8888", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["number"], said["golden"]) == ("+6531588888", True)
    assert said["grade"] == sum(rule["points"] for rule in said["rules"])
    assert {"rule": "run", "points": 40, "digits": "88888", "why": "5 times the same digit in a row"} in said["rules"]


def test_the_threshold_is_policy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    strict = tmp_path / "policy.toml"
    strict.write_text(SHIPPED.read_text().replace("golden_grade = 40", "golden_grade = 100"))
    monkeypatch.setenv("NUMBERBANK_POLICY", str(strict))
    assert outcome_of(["number", "grade", "+6531588888"]) == 0
    assert "none of these" in capsys.readouterr().err
    assert Policy.parse(strict.read_bytes()).golden_grade == 100


def test_what_is_no_number_gets_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert outcome_of(["number", "grade", "12"]) == 2
    assert "is no telephone number" in capsys.readouterr().err
