"""What is written down of the contracts is what they are."""

import json
import shutil
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from contracts import generate


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a copy of the contracts' files that may be changed."""
    copy = tmp_path / "contracts"
    for name in ("examples", "schemas"):
        shutil.copytree(generate.HERE / name, copy / name)
    for name in ("README.md", "decisions.md"):
        shutil.copy(generate.HERE / name, copy / name)
    for name, path in {"HERE": copy, "EXAMPLES": copy / "examples", "SCHEMAS": copy / "schemas"}.items():
        monkeypatch.setattr(generate, name, path)
    return copy


def test_page_and_schemas_are_up_to_date() -> None:
    assert generate.out_of_date() == []


def test_every_schema_is_one() -> None:
    for path in generate.SCHEMAS.glob("*.json"):
        schema = json.loads(path.read_text())
        Draft202012Validator.check_schema(schema)
        assert schema["properties"]["type"]["const"] == path.stem
        assert schema["examples"] == [json.loads((generate.EXAMPLES / path.name).read_text())]


def test_a_check_says_what_is_out_of_date_and_writes_nothing(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (elsewhere / "README.md").write_text("old")
    (elsewhere / "schemas" / "number.add.json").unlink()
    (elsewhere / "schemas" / "number.lost.json").write_text("{}")
    monkeypatch.setattr("sys.argv", ["generate", "--check"])
    with pytest.raises(SystemExit) as ended:
        generate.main()
    assert str(ended.value).splitlines() == [
        "contracts/README.md is out of date: run `python -m contracts.generate`.",
        "contracts/schemas/number.add.json is out of date: run `python -m contracts.generate`.",
        "contracts/schemas/number.lost.json is of no message: run `python -m contracts.generate`.",
    ]
    assert (elsewhere / "README.md").read_text() == "old"


def test_writing_makes_all_of_it_new(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (elsewhere / "README.md").write_text("old")
    (elsewhere / "schemas" / "number.lost.json").write_text("{}")
    monkeypatch.setattr("sys.argv", ["generate"])
    generate.main()
    assert generate.out_of_date() == []


def test_a_message_without_example_is_said(elsewhere: Path) -> None:
    (elsewhere / "examples" / "number.add.json").unlink()
    with pytest.raises(SystemExit, match=r"contracts/examples/number.add.json is missing"):
        generate.out_of_date()


def test_links_of_the_page_lead_somewhere() -> None:
    page = generate.page()
    linked = [part.split(")")[0] for part in page.split("](")[1:]]
    headings = {line.lstrip("# ").replace(".", "").replace(" ", "-") for line in page.splitlines() if line[:2] == "##"}
    for link in linked:
        assert link[1:] in headings if link.startswith("#") else (generate.HERE / link).is_file(), link
