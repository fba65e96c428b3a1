"""What the API says of itself holds: a client is made of it and works, and what it allows is answered as it says."""

import importlib
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.gateway.http.actions import ADDRESSES
from services.gateway.http.uploading import TYPES
from tests.integration.counter import ADD, Counter

BIN = Path(sys.executable).parent
SEED, EXAMPLES = "1", "4"  # of Schemathesis: some 2,000 requests
# What no schema says: that a range ends after it begins, that a key was used before, that a version is the present one.
SETTINGS = """
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "3xx", 401, 403, 404, 409, 412, 422, 429]
"""


@pytest.fixture(scope="module")
def document(counter: Counter) -> dict[str, Any]:
    described: dict[str, Any] = httpx.get(f"http://127.0.0.1:{counter.port}/v1/openapi.json").json()
    return described


def test_every_offer_is_described_with_an_example(document: dict[str, Any]) -> None:
    operations = [each for path in document["paths"].values() for each in path.values()]
    assert len(operations) > len(ADDRESSES) + 10
    assert len({each["operationId"] for each in operations}) == len(operations)
    for each in operations:
        assert each["summary"]
        assert {"401", "403", "422", "429", "500", "503"} <= each["responses"].keys()
        if "requestBody" in each:
            assert all(media["example"] for media in each["requestBody"]["content"].values())
    bodies = [document["components"]["schemas"][name] for name in ("Reserve", "Update", "AddNumbers", "TokenWish")]
    for body in bodies:
        assert body["additionalProperties"] is False
        assert "expected_version" not in body["properties"]
        assert not any("default" in each for each in body["properties"].values())


def test_a_client_made_of_the_description_works(counter: Counter, document: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "openapi.json").write_text(json.dumps(document))
    files = dict.fromkeys(TYPES, "application/octet-stream")  # the generator knows no other type of a file
    (tmp_path / "config.yaml").write_text(json.dumps({"post_hooks": [], "content_type_overrides": files}))
    command = [
        str(BIN / "openapi-python-client"), "generate", "--path", "openapi.json", "--output-path", "numberbank_client",
        "--meta", "none", "--config", "config.yaml", "--fail-on-warning",
    ]  # fmt: skip
    made = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert made.returncode == 0, made.stdout + made.stderr
    sys.path.insert(0, str(tmp_path))
    try:
        _use(counter)
    finally:
        sys.path.remove(str(tmp_path))


def _use(counter: Counter) -> None:
    def of(name: str) -> Any:
        return importlib.import_module(f"numberbank_client.api.default.{name}").sync_detailed

    counter.operator()
    kinds: Any = importlib.import_module("numberbank_client.models")
    secret = next(secret for name, secret in counter.secrets.items() if name.startswith("operator-read-manage-bulk"))
    package: Any = importlib.import_module("numberbank_client.client")
    number = "+6567590001"
    with package.AuthenticatedClient(base_url=f"http://127.0.0.1:{counter.port}", token=secret) as client:
        added = of("add_numbers")(client=client, body=kinds.AddNumbers.from_dict({"numbers": number, **ADD}))
        assert added.parsed.results[0].outcome == "accepted"
        wish = kinds.Reserve(holder=kinds.Holder(org="acme"), remark="for the fair")
        reserved = of("reserve_a_number")(number, client=client, body=wish, if_match='"1"')
        assert (reserved.status_code, reserved.parsed.state, reserved.headers["etag"]) == (200, "reserved", '"2"')
        refused = of("reserve_a_number")(number, client=client, body=wish, if_match='"1"')
        assert (refused.status_code, refused.parsed.code) == (412, "version_mismatch")
        found = of("find_numbers")(client=client, pattern=number, state=[kinds.FindNumbersStateItem.RESERVED], limit=5)
        assert [each.to_dict() for each in found.parsed.numbers] == [reserved.parsed.to_dict()]
        updated = of("update_a_number")(number, client=client, body=kinds.Update(golden=True))
        assert (updated.parsed.golden, updated.parsed.vendor) == (True, ADD["vendor"]), "what is not said stays"
        past = of("show_the_history_of_a_number")(number, client=client)
        assert [each.data.version for each in past.parsed.changes] == [3, 2, 1]
        counted = of("count_what_a_search_finds")(client=client, pattern=number)
        assert counted.parsed.total == 1
        verb, csv = kinds.SubmitAFileOfNumbersVerb.UPDATE, kinds.SubmitAFileOfNumbersFormat.CSV
        file = kinds_of_files()
        foreseen = of("submit_a_file_of_numbers")(
            client=client, body=file(number), verb=verb, format_=csv, dry_run=True
        )
        assert (foreseen.status_code, foreseen.parsed.outcomes.to_dict()) == (200, {"accepted": 1})


def kinds_of_files() -> Any:
    file: Any = importlib.import_module("numberbank_client.types").File
    return lambda number: file(payload=io.BytesIO(f"number,routing\n{number},r1\n".encode()))


def test_whatever_is_asked_is_answered_as_described(counter: Counter, tmp_path: Path) -> None:
    (tmp_path / "schemathesis.toml").write_text(SETTINGS)
    desk = counter.operator()
    command = [
        str(BIN / "schemathesis"), "--config-file", "schemathesis.toml", "run",
        f"http://127.0.0.1:{counter.port}/v1/openapi.json", "-H", f"Authorization: {desk.headers['authorization']}",
        "--exclude-path", "/v1/changes",  # which never ends
        "--phases", "examples,coverage,fuzzing", "--max-examples", EXAMPLES, "--seed", SEED, "--max-time", "25",
        "--warnings", "off", "--generation-database", "none", "--no-color",
    ]  # fmt: skip
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=150, check=False)
    assert ran.returncode == 0, ran.stdout[-6000:] + ran.stderr[-2000:]
