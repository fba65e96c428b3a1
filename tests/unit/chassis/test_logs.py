"""What a log line shows, and what it never does."""

import json
import logging
import subprocess
import sys
from typing import Any

import pytest
from pydantic import ValidationError
from pymongo.errors import BulkWriteError, DuplicateKeyError, ServerSelectionTimeoutError

from contracts.fields import Holder
from services.chassis.logs import JsonLines
from services.chassis.masking import masked, masked_number
from services.chassis.mongo.trouble import short


def line(message: str, *values: object, error: BaseException | None = None, **extra: Any) -> dict[str, Any]:
    """Format one log line, and read it as a program does."""
    info = None if error is None else (type(error), error, error.__traceback__)
    record = logging.LogRecord("services.chassis.lane", logging.ERROR, "lane.py", 1, message, values, info)
    record.__dict__.update(extra)
    found: dict[str, Any] = json.loads(JsonLines().format(record))
    return found


def raised(action: Any, *arguments: Any, **named: Any) -> BaseException:
    try:
        action(*arguments, **named)
    except Exception as error:
        return error
    raise AssertionError("nothing was raised")


def test_a_line_has_time_level_logger_message_and_extras() -> None:
    found = line("lane opened", lane="inventory/inventory.commands/3", epoch=7)
    assert found.pop("time").endswith("Z")
    assert found == {
        "level": "error", "logger": "services.chassis.lane", "message": "lane opened",
        "lane": "inventory/inventory.commands/3", "epoch": 7,
    }  # fmt: skip


def test_a_traceback_says_where_and_which_but_not_what_was_handled() -> None:
    error = raised(Holder, org="acme", kind="friend", extra=1)
    assert isinstance(error, ValidationError)
    found = line("handler failed", error=error)["traceback"]
    assert "test_logs.py" in found
    assert found.endswith("ValidationError")
    assert "friend" not in found


def test_the_cause_of_an_error_is_shown_before_it() -> None:
    def fail(org: str) -> None:
        try:
            {}[org]
        except KeyError as error:
            raise RuntimeError(org) from error

    found = line("handler failed", error=raised(fail, "acme"))["traceback"]
    assert found.index("KeyError") < found.index("RuntimeError")
    assert "acme" not in found


def test_what_others_add_on_further_lines_is_left_out() -> None:
    found = line("Task exception was never retrieved\nfuture: <Task exception=KeyError('acme')>")
    assert found["message"] == "Task exception was never retrieved"


@pytest.mark.parametrize(
    "value", ["+6531580001", "ann@acme.example", "<Ann O'Neil@acme.example>", {"n": "+6531580001"}]
)
def test_numbers_and_addresses_are_masked_wherever_they_stand(value: object) -> None:
    text = json.dumps(line("%s asked", value, given=value))
    assert "0001" not in text
    assert "acme" not in text


@pytest.mark.parametrize(
    ("number", "shown"),
    [("+6531580001", "+65315*****"), ("+4930123", "+49*****"), ("+123456789012345", "+12345**********")],
)
def test_of_a_number_country_and_area_are_shown(number: str, shown: str) -> None:
    assert masked_number(number) == masked(number) == shown


@pytest.mark.parametrize("text", ["inventory/inventory.commands/3", "1767225600000.12", "2026-01-01T00:00:00+00:00"])
def test_what_is_no_number_and_no_address_is_shown(text: str) -> None:
    assert masked(text) == text


def test_an_error_of_the_database_is_told_without_the_documents_that_it_quotes() -> None:
    clash = 'E11000 duplicate key error collection: numberbank.x index: _id_ dup key: { _id: "acme" }'
    written = {"writeErrors": [{"code": 11000, "errmsg": clash, "op": {"_id": "acme"}}]}
    for error in (DuplicateKeyError(clash, 11000, {"errmsg": clash}), BulkWriteError(written)):
        assert "E11000 duplicate key error" in short(error)
        assert "acme" not in short(error)
    assert "no server" in short(ServerSelectionTimeoutError("no server, Timeout: 5s, Topology: ..."))


def test_a_defect_that_ends_the_process_is_one_line_too() -> None:
    program = "from services.chassis.logs import log_json; log_json('INFO'); {}['acme +6531580001']"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    [said] = ended.stderr.splitlines()
    assert ended.returncode == 1
    assert json.loads(said)["message"] == "ends by a defect"
    assert "acme" not in said
