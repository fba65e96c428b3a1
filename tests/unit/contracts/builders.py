"""Messages with everything filled in that does not matter."""

import json
from typing import Any

from contracts.message import Message
from contracts.topics import INVENTORY_COMMANDS

NUMBER = "+6531580001"
COMMANDS = INVENTORY_COMMANDS.adapter()


def envelope(type: str = "number.release", **changes: Any) -> dict[str, Any]:
    """Give an envelope of a release, or of what is said."""
    return {
        "specversion": "1.0", "id": "1", "source": "/test", "type": type, "subject": NUMBER,
        "data": {"remark": "not needed"}, **changes,
    }  # fmt: skip


def without(name: str) -> dict[str, Any]:
    """Give an envelope that lacks an attribute."""
    return {key: value for key, value in envelope().items() if key != name}


def read(value: dict[str, Any] | str | bytes) -> Message:
    """Read a command. Raises `ValidationError`."""
    text = json.dumps(value) if isinstance(value, dict) else value
    message: Message = COMMANDS.validate_json(text)
    return message
