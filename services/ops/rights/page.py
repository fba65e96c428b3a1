"""Writes the rights down for people: `python -m services.ops.rights.page [--check]`."""

import sys
from collections.abc import Iterator
from pathlib import Path

from services.chassis.mongo import DATABASE
from services.ops.rights.kafka import commands
from services.ops.rights.mongo import script
from services.ops.rights.users import User, users

FILE = Path(__file__).parents[3] / "deploy" / "RIGHTS.md"
HEAD = """# Who may do what

<!-- Written by `python -m services.ops.rights.page` from the contracts and the services' declarations. -->

The least that each user must be allowed, in a Kafka whose authorizer allows nothing else and in a MongoDB with
`--auth`. The tests run all services with exactly this. `numberbank rights` prints it, `--json` for programs;
`--kafka` and `--mongo` print the commands below.

- In Kafka, *Read* and *Write* of a topic include *Describe*; the idempotent producer needs nothing more.
- In MongoDB services make their own collections and indexes. `topics` and `fences` are the chassis' own.
"""


def page() -> str:
    """Give the page."""
    everyone = users()
    return "\n".join([HEAD, *(line for user in everyone for line in _user(user)), *_commands(everyone)])


def _user(user: User) -> Iterator[str]:
    yield f"## {user.name}\n\n{user.purpose[:1].upper()}{user.purpose[1:]}.\n"
    yield "| Kafka | may |\n|---|---|"
    for grant in user.grants:
        what = f"{grant.kind} `{grant.name}{'*' if grant.prefixed else ''}`"
        yield f"| {what} | {', '.join(grant.operations)} |"
    if user.privileges:
        yield "\n| MongoDB | may |\n|---|---|"
        yield from (f"| `{each.collection}` | {', '.join(each.actions)} |" for each in user.privileges)
    yield ""


def _commands(everyone: list[User]) -> Iterator[str]:
    yield "## The commands of Kafka\n"
    yield "With `KAFKA` and the passwords in variables, and an administrator's properties:\n"
    yield "```sh"
    for user in everyone:
        yield from commands(user)
    yield "```\n\n## The commands of MongoDB\n\nIn mongosh, as a user administrator:\n\n```js"
    yield from script(everyone, DATABASE)
    yield "```\n"


def main(arguments: list[str]) -> int:
    """Write the page, or check that it is up to date; give the exit code."""
    text = page()
    if FILE.exists() and FILE.read_text() == text:
        return 0
    if "--check" in arguments:
        print("deploy/RIGHTS.md is out of date: run `python -m services.ops.rights.page`.", file=sys.stderr)
        return 1
    FILE.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
