"""`numberbank rights`: the least that each user must be allowed."""

import click

from services.ops.faults import WrongUsage
from services.ops.printing import line, table
from services.ops.rights.users import User


@click.command(epilog="Example: numberbank rights inventory --kafka")
@click.argument("names", nargs=-1, metavar="[USER...]")
@click.option("--kafka", "form", flag_value="kafka", help="the commands that make users and grant rights in Kafka")
@click.option("--mongo", "form", flag_value="mongo", help="the same for MongoDB, in the words of mongosh")
@click.option("--database", help="of MongoDB; else numberbank")
@click.option("--json", "as_json", is_flag=True, help="one object a line on standard output")
def rights(names: tuple[str, ...], form: str | None, database: str | None, as_json: bool) -> None:
    """Show the least that each user must be allowed in Kafka and MongoDB. Without USER all."""
    from services.chassis.mongo import DATABASE
    from services.ops.rights.kafka import commands
    from services.ops.rights.mongo import script

    chosen = _chosen(names)
    if as_json:
        for user in chosen:
            line(_described(user))
    elif form == "kafka":
        click.echo("\n".join(text for user in chosen for text in commands(user)))
    elif form == "mongo":
        click.echo("\n".join(script(chosen, database or DATABASE)))
    else:
        table(("user", "of", "name", "may"), [row for user in chosen for row in _rows(user)])


def _chosen(names: tuple[str, ...]) -> list[User]:
    from services.ops.rights.users import users

    known = {user.name: user for user in users()}
    if unknown := [name for name in names if name not in known]:
        raise WrongUsage(f"There is no user {unknown[0]!r}; there are {', '.join(known)}.")
    return [known[name] for name in names] or list(known.values())


def _rows(user: User) -> list[tuple[str, str, str, str]]:
    kafka = [
        (user.name, each.kind, each.name + "*" * each.prefixed, ", ".join(each.operations)) for each in user.grants
    ]
    return kafka + [(user.name, "collection", each.collection, ", ".join(each.actions)) for each in user.privileges]


def _described(user: User) -> dict[str, object]:
    return {
        "user": user.name,
        "purpose": user.purpose,
        "kafka": [each._asdict() for each in user.grants],
        "mongo": [each._asdict() for each in user.privileges],
    }
