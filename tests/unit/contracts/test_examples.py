"""The golden examples: one for each message, and none that was ever committed has become unreadable."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from contracts.fields import format_instant
from contracts.generate import EXAMPLES, SCHEMAS, messages
from contracts.message import Message

ROOT = EXAMPLES.parent.parent
OURS = ("/inventory", "/provisioning", "/lifecycle-timer", "/notification", "/ops")
ADAPTERS = {type: topic.adapter() for type, _, topic in messages()}
GOLDEN = sorted(EXAMPLES.glob("*.json"))


def parsed(value: bytes) -> Message:
    message: Message = ADAPTERS[json.loads(value)["type"]].validate_json(value)
    return message


def envelope(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text()))


def git(*words: str, given: bytes = b"") -> bytes:
    """Give what git says; nothing where there is no git, or no history."""
    try:
        return subprocess.run(["git", "-C", str(ROOT), *words], input=given, capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return b""


def ever_committed() -> Iterator[tuple[str, bytes]]:
    """Give each version of each example in the history, with its path."""
    log = git("log", "--all", "--format=", "--raw", "--no-abbrev", "--no-renames", "--diff-filter=AM", "--",
              "contracts/examples").decode()  # fmt: skip
    blobs = {line.split()[3]: line.split("\t")[1] for line in log.splitlines() if line.endswith(".json")}
    for blob, path in blobs.items():
        yield path, git("cat-file", "blob", blob)


def test_there_is_an_example_of_every_message_and_of_nothing_else() -> None:
    assert [path.stem for path in GOLDEN] == sorted(ADAPTERS)


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_an_example_is_what_its_name_says_and_fits_its_contract_and_its_schema(path: Path) -> None:
    message = parsed(path.read_bytes())
    assert message.type == path.stem
    Draft202012Validator(json.loads((SCHEMAS / path.name).read_text())).validate(envelope(path))


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_an_example_is_written_as_we_write(path: Path) -> None:
    example, message = envelope(path), parsed(path.read_bytes())
    assert None not in [value for name, value in example.items() if name != "data"]
    assert example["datacontenttype"] == "application/json"
    assert message.time is not None
    assert example["time"] == format_instant(message.time)
    if example["source"] in OURS[:-1]:
        assert {"correlationid", "actor"} <= example.keys()
        assert example["data"] == json.loads(message.model_dump_json(exclude_unset=True))["data"]


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_a_schema_refuses_an_example_without_its_subject(path: Path) -> None:
    schema = Draft202012Validator(json.loads((SCHEMAS / path.name).read_text()))
    for name in ("id", "source", "type", "subject", "data"):
        assert not schema.is_valid({key: value for key, value in envelope(path).items() if key != name})


def test_every_example_of_the_past_still_parses() -> None:
    for path in (EXAMPLES / "past").glob("*.json"):
        assert path.name.startswith(f"{parsed(path.read_bytes()).type}."), path


def test_every_example_that_was_ever_committed_still_parses() -> None:
    unreadable = []
    for path, value in ever_committed():
        try:
            parsed(value)
        except (ValueError, KeyError) as error:
            unreadable.append(f"{path}: {error}")
    assert unreadable == []
