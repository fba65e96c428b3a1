"""From bytes to messages: each record is validated on its own.

What cannot be read becomes a dead letter that says why; it never costs its neighbours.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails, from_json, to_json

from contracts.message import Message
from services.chassis.records import Record
from services.chassis.service import Input

ATTRIBUTES = (
    "specversion", "id", "source", "type", "subject", "time", "datacontenttype", "correlationid", "causationid",
    "actor", "traceparent",
)  # fmt: skip
_CODES = {
    "json_invalid": "not_json",
    "dict_type": "not_cloudevents",
    "model_type": "not_cloudevents",
    "model_attributes_type": "not_cloudevents",
    "union_tag_not_found": "missing_field",
    "union_tag_invalid": "unknown_type",
    "missing": "missing_field",
}


class Unreadable(NamedTuple):
    """Why a record cannot be read. `reason` is a sentence that names the field."""

    code: str
    reason: str


class Skipped(NamedTuple):
    """A record of a type that this service does not know, on a topic where that is no fault."""

    type: str


class Reading:
    """Reads the records of one input."""

    def __init__(self, source: Input) -> None:
        self._adapter: TypeAdapter[Any] = source.topic.adapter()
        self._strict, self._tombstone = source.topic.strict, source.tombstone

    def read(self, record: Record) -> Message | Skipped | Unreadable:
        """Give the message in a record, or why there is none."""
        if record.value is None:
            return self._read_null(record)
        try:
            value = _structured(record) if _is_binary(record) else record.value
            return self._adapter.validate_json(value)  # type: ignore[no-any-return]
        except ValidationError as error:
            return self._explained(error.errors(include_url=False, include_context=True)[0])
        except ValueError as error:
            return Unreadable("not_json", f"The value is not JSON: {error}.")

    def _read_null(self, record: Record) -> Message | Unreadable:
        if self._tombstone is None:
            return Unreadable("null_value", "The record has no value; it must hold a CloudEvents 1.0 event in JSON.")
        try:
            return self._tombstone((record.key or b"").decode())
        except (UnicodeDecodeError, ValidationError):
            return Unreadable("null_value", "The record has neither a value nor a key that names what to delete.")

    def _explained(self, error: ErrorDetails) -> Skipped | Unreadable:
        kind, path = error["type"], [str(part) for part in error["loc"]]
        if kind == "union_tag_invalid":
            tag = error["input"]["type"]
            if not isinstance(tag, str) or not tag:
                return Unreadable("invalid_field", "type: must be a string that says what is asked or has happened.")
            if not self._strict:
                return Skipped(tag)
            return Unreadable("unknown_type", f"type: {tag[:128]!r} is not known here; known are {_known(error)}.")
        if kind == "union_tag_not_found":
            return Unreadable("missing_field", "type: is required; it says what is asked or what has happened.")
        if path and "." in path[0]:  # the tag of the union, which is no field
            path = path[1:]
        reason = str(error["msg"]).removeprefix("Value error, ").rstrip(".")
        if path == ["type"] and kind == "literal_error":
            kind = "union_tag_invalid"
        return Unreadable(_CODES.get(kind, "invalid_field"), f"{'.'.join(path) or 'The value'}: {reason}.")


def _known(error: ErrorDetails) -> str:
    return str(error["ctx"]["expected_tags"]).replace("'", "")


def _is_binary(record: Record) -> bool:
    """Tell binary mode from structured mode; a missing content type is no fault."""
    if not record.headers or (record.header("content-type") or b"").startswith(b"application/cloudevents"):
        return False
    return any(name.startswith("ce_") for name, _ in record.headers)


def _structured(record: Record) -> bytes:
    """Give a record of binary mode as if it had been sent in structured mode. Raises `ValueError`."""
    attributes: Mapping[str, Any] = {
        name: value.decode() for name in ATTRIBUTES if (value := record.header(f"ce_{name}")) is not None
    }
    content_type = record.header("content-type")
    if content_type is not None:
        attributes = {**attributes, "datacontenttype": content_type.decode()}
    return to_json({**attributes, "data": from_json(record.value or b"", allow_inf_nan=False)})
