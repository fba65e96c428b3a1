"""What the command line says, in its envelope, checked against the contract before it is sent."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import uuid4

from pydantic import ValidationError
from pydantic_core import from_json, to_json

from contracts.message import CONTENT_TYPE, Topic
from services.ops.faults import WrongUsage
from services.ops.options import DataField

SOURCE = "/ops"
HEADERS = [("content-type", CONTENT_TYPE.encode())]
LONGEST_ID = 128


class Sending(NamedTuple):
    """A message to send: on `topic`, under the key `subject`."""

    topic: str
    type: str
    subject: str
    id: str
    value: bytes
    chosen: bool = False  # whether a person has chosen the id, so that it may be a repeat


def ids_for(chosen: str | None, subjects: Sequence[str]) -> list[str]:
    """Give an id for each: random ones, the chosen one, or for several `ID/SUBJECT`. Raises `WrongUsage`."""
    if chosen is None:
        return [str(uuid4()) for _ in subjects]
    ids = [chosen] if len(subjects) == 1 else [f"{chosen}/{subject}" for subject in subjects]
    if not chosen or max(map(len, ids)) > LONGEST_ID:
        raise WrongUsage(f"--id must have 1 to {LONGEST_ID} characters, the number included where there are several.")
    return ids


def sending(
    topic: Topic,
    type: str,
    subject: str,
    data: Mapping[str, Any],
    *,
    id: str,
    time: str,
    actor: str,
    fields: Sequence[DataField] = (),
    chosen: bool = False,
) -> Sending:
    """Give a message in structured mode. Raises `WrongUsage` with the option that the contract refuses."""
    envelope = {
        "specversion": "1.0",
        "id": id,
        "source": SOURCE,
        "type": type,
        "subject": subject,
        "time": time,
        "datacontenttype": "application/json",
        "actor": actor,
        "data": dict(data),
    }
    try:
        value = to_json(envelope)
        topic.adapter().validate_json(value)
    except ValidationError as error:
        raise WrongUsage(_sentence(error, fields)) from None
    except ValueError:  # what a terminal has taken for text
        raise WrongUsage("An option holds bytes that are no text in UTF-8.") from None
    return Sending(topic.name, type, subject, id, value, chosen)


def read_envelope(value: bytes | None, headers: Sequence[tuple[str, bytes | None]] = ()) -> dict[str, Any] | None:
    """Give the envelope of a record, of structured and of binary mode; None if it is none."""
    try:
        content = from_json(value or b"", allow_inf_nan=False)
        attributes = {name[3:]: text.decode() for name, text in headers if name.startswith("ce_") and text is not None}
    except ValueError:
        return None
    if "specversion" in attributes and not (isinstance(content, dict) and "specversion" in content):
        return {**attributes, "data": content}
    return content if isinstance(content, dict) and "type" in content else None


def _sentence(error: ValidationError, fields: Sequence[DataField]) -> str:
    first = error.errors(include_url=False)[0]
    path = [str(part) for part in first["loc"]]
    reason = str(first["msg"]).removeprefix("Value error, ").rstrip(".")
    if "data" in path:
        inside = tuple(path[path.index("data") + 1 :])
        flag = next((field.flag for field in fields if inside and inside[: len(field.path)] == field.path), None)
        where = flag or ".".join(inside)
    else:
        where = {"id": "--id", "time": "--time", "actor": "--actor"}.get(path[-1], path[-1]) if path else ""
    if first["type"] == "missing":
        return f"{where} is missing; what was given needs it."
    return f"{where}: {reason}." if where else f"{reason[:1].upper()}{reason[1:]}."
