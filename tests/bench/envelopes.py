"""Events as a stranger would write them."""

from typing import Any

from pydantic_core import to_json


def envelope(id: str, type: str, subject: str, data: Any, **attributes: str) -> bytes:
    """Give the value of a record."""
    event = {"specversion": "1.0", "id": id, "source": "/bench", "type": type, "subject": subject, **attributes}
    return to_json({**event, "data": data})
