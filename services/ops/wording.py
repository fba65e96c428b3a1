"""Messages in words, for people."""

from collections.abc import Mapping
from typing import Any


def outcome_of(envelope: Mapping[str, Any]) -> str:
    """Name what happened: `reserved`, `reservation extended`, `rejected`."""
    return str(envelope.get("type", "")).rpartition(".")[2].replace("_", " ")


def until_of(data: Mapping[str, Any]) -> str:
    """Say until when a number is held."""
    hold = data.get("hold")
    if not isinstance(hold, Mapping):
        return ""
    return str(hold.get("until") or "for ever")


def whose(data: Mapping[str, Any]) -> str:
    """Say who has the number: the holder, and the subscription."""
    holder = data.get("holder")
    parts = [holder.get("org") if isinstance(holder, Mapping) else None, data.get("subscription")]
    return " / ".join(str(part) for part in parts if part)


def why(data: Mapping[str, Any]) -> str:
    """Say why: the refusal, or reason and remark, or what the hold is for."""
    if data.get("code"):
        return ": ".join(str(part) for part in (data["code"], data.get("message")) if part)
    hold = data.get("hold")
    cause = hold.get("cause") if isinstance(hold, Mapping) else data.get("cause")
    return "; ".join(str(part) for part in (data.get("reason") or cause, data.get("remark")) if part)


def in_words(envelope: Mapping[str, Any]) -> str:
    """Say a message in one line: its subject, what happened, and what matters of its data."""
    data = envelope.get("data")
    data = data if isinstance(data, Mapping) else {}
    words = [str(envelope.get("subject", "")), str(envelope.get("type", ""))]
    if isinstance(data.get("numbers"), list) and data["numbers"] and isinstance(data["numbers"][0], Mapping):
        words.append(", ".join(_each(number) for number in data["numbers"]))
    elif "state" in data and "version" in data:
        parts = [data["state"], f"v{data['version']}", whose(data), "until " + until_of(data), why(data)]
        words += [str(part) for part in parts if part and part not in ("until ", "vNone")]
    else:
        words.append(" ".join(f"{name}={_plain(value)}" for name, value in data.items() if value not in (None, [])))
    return "  ".join(word for word in words if word)


def _each(number: Mapping[str, Any]) -> str:
    code = number.get("code")
    return f"{number.get('number')} {number.get('outcome')}" + (f" ({code})" if code else "")


def _plain(value: Any) -> str:
    if isinstance(value, Mapping):
        return "/".join(_plain(part) for part in value.values() if part is not None)
    if isinstance(value, list):
        return ",".join(_plain(part) for part in value)
    return str(value)
