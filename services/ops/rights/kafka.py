"""Rights in the words of Kafka's own tools."""

import shlex
from collections.abc import Iterator

from services.ops.rights.users import Grant, User

TOOL = ("--bootstrap-server", "$KAFKA", "--command-config", "admin.properties")


def commands(user: User) -> Iterator[str]:
    """Give the commands that make a user and grant its rights; they may be repeated."""
    variable = f"{user.name.replace('-', '_').upper()}_PASSWORD"
    config = f"SCRAM-SHA-512=[password=${variable}]"
    yield _line(
        "kafka-configs.sh", *TOOL, "--alter", "--add-config", config, "--entity-type", "users", "--entity-name",
        user.name,
    )  # fmt: skip
    for arguments in acls(user):
        yield _line("kafka-acls.sh", *TOOL, *arguments)


def acls(user: User) -> Iterator[list[str]]:
    """Give the arguments of `kafka-acls`; resources that are granted the same share a command."""
    alike: dict[tuple[str, tuple[str, ...], bool], list[Grant]] = {}
    for grant in user.grants:
        alike.setdefault((grant.kind, grant.operations, grant.prefixed), []).append(grant)
    for (kind, operations, prefixed), grants in alike.items():
        allowed = [word for operation in operations for word in ("--operation", operation)]
        named = [word for grant in grants for word in (f"--{kind}", grant.name)]
        pattern = ["--resource-pattern-type", "prefixed"] if prefixed else []
        yield ["--add", "--allow-principal", f"User:{user.name}", *allowed, *named, *pattern]


def _line(*words: str) -> str:
    # Variables stay variables: double quotes, which none of our words contains.
    quoted = (f'"{word}"' if "$" in word else shlex.quote(word) for word in words)
    return " ".join(quoted)
