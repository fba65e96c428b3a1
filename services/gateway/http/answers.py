"""Answers in JSON, and what tells one state of a number from another."""

from collections.abc import Mapping
from typing import Any

import orjson
from starlette.responses import Response


def said(data: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Answer with JSON."""
    content = orjson.dumps(data, option=orjson.OPT_NON_STR_KEYS)
    return Response(content, status, headers, media_type="application/json")


def etag(version: int) -> str:
    """Give the entity tag of a number: its version."""
    return f'"{version}"'


def is_current(if_none_match: str | None, version: int) -> bool:
    """Tell whether an asker has this version already."""
    if if_none_match is None:
        return False
    tags = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return etag(version) in tags or "*" in tags
