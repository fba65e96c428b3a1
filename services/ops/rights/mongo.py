"""Rights in the words of mongosh."""

import json
from collections.abc import Iterator
from typing import Any

from services.ops.rights.users import User


def role(user: User, database: str) -> dict[str, Any]:
    """Give the role of a user: privileges name collections exactly, a prefix cannot be granted."""
    return {
        "role": user.name,
        "privileges": [
            {"resource": {"db": database, "collection": each.collection}, "actions": list(each.actions)}
            for each in user.privileges
        ],
        "roles": [],
    }


def script(users: list[User], database: str) -> Iterator[str]:
    """Give the lines that make roles and users; it asks for their passwords."""
    yield f"use {database}"
    for user in users:
        if user.privileges:
            name = json.dumps(user.name)
            yield f"db.createRole({json.dumps(role(user, database))})"
            yield f"db.createUser({{user: {name}, pwd: passwordPrompt(), roles: [{name}]}})"
