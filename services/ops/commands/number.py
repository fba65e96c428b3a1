"""`numberbank number`: a verb for each command that people give to numbers, and what is known of them."""

import asyncio
from dataclasses import replace
from functools import partial
from typing import Any

import click

from contracts.inventory import COMMANDS
from contracts.provisioning import ExtendByReservation
from contracts.topics import INVENTORY_COMMANDS, PROVISIONING_COMMANDS
from contracts.transitions import GONE
from services.ops.commands.grade import grade
from services.ops.commands.past import history, show
from services.ops.faults import WrongUsage
from services.ops.numbers import canonical_all
from services.ops.options import DataField, data_from, type_of
from services.ops.settings import ClientSettings
from services.ops.verbs import Manner, Verb, asked, command, messages

BY_HAND = 50  # numbers that are added in one go
EXAMPLES = {
    "add": "numberbank number add +6531580001,+6531580002 --vendor v1 --country SG --sku sg-local --capability voice",
    "import": "numberbank number import +6531580001 --vendor v1 --country SG --sku sg-local --state reserved "
    "--since 2026-03-01 --org acme --cause manual",
    "update": "numberbank number update +6531580001 --golden --clear routing",
    "reserve": "numberbank number reserve +6531580001 --org acme --remark 'for the fair'",
    "extend": "numberbank number extend +6531580001 --did-reservation R-1",
    "release": "numberbank number release +6531580001 --remark 'not needed'",
    "assign": "numberbank number assign +6531580001 --subscription S-1 --org acme",
    "transfer": "numberbank number transfer +6531580001 --subscription S-1 --org beta",
    "unassign": "numberbank number unassign +6531580001 --subscription S-1 --cause subscription_expired",
    "lock": "numberbank number lock +6531580001 --remark 'under inquiry' --until never",
    "unlock": "numberbank number unlock +6531580001 --remark 'inquiry closed'",
    "delete": "numberbank number delete +6531580001 --reason faulty --remark 'no dial tone'",
    "recover": "numberbank number recover +6531580001 --remark 'back from the carrier' --force",
    "restore": "numberbank number restore +6531580001 --version 7 --remark 'wrong number released'",
}


@click.group(
    epilog="Example: numberbank number show +6531580001",
    short_help="Change numbers, and see how they stand.",
)
def number() -> None:
    """Change numbers, and see how they stand.

    NUMBER is written as people write it: +65 3158-0001, 006531580001; several with spaces or commas between.
    """


def _act(verb: Verb, numbers: tuple[str, ...], manner: Manner, **given: Any) -> int:
    return _sent(verb, canonical_all(numbers), data_from(verb.fields, given), manner)


def _sent(verb: Verb, numbers: list[str], data: dict[str, Any], manner: Manner) -> int:
    if not numbers:
        raise WrongUsage("NUMBER is missing; write it as +6531580001.")
    settings = ClientSettings.load()
    return asked(messages(verb, numbers, data, manner, settings), manner, settings)


def _add(verb: Verb, numbers: tuple[str, ...], manner: Manner, **given: Any) -> int:
    chosen = canonical_all(numbers)
    if len(chosen) > BY_HAND:
        raise WrongUsage(f"At most {BY_HAND} numbers are added at once, not {len(chosen)}; import has no such limit.")
    return _sent(verb, chosen, data_from(verb.fields, given), manner)


def _update(verb: Verb, numbers: tuple[str, ...], manner: Manner, clear: tuple[str, ...], **given: Any) -> int:
    data = data_from(verb.fields, given)
    for name in clear:
        field = next(field for field in verb.fields if field.flag == f"--{name}")
        if field.path[0] in data:
            raise WrongUsage(f"--clear {name} and {field.flag} contradict each other.")
        data[field.path[0]] = None
    if not data.keys() - {"expected_version"}:
        raise WrongUsage("Nothing is to be updated; give an attribute, or --clear one.")
    return _sent(verb, canonical_all(numbers), data, manner)


def _extend(verb: Verb, numbers: tuple[str, ...], manner: Manner, remark: str | None, **given: Any) -> int:
    """Ask provisioning, which knows until when is paid; with holder and end, ask inventory itself."""
    data = data_from(verb.fields, given)
    if "until" in data or "holder" in data:
        if "until" not in data or "org" not in data.get("holder", {}):
            raise WrongUsage("--until and --org go together; without both the DID Reservation decides.")
        if remark is not None:
            raise WrongUsage("--remark does not go with --until and --org.")
        return _sent(verb, canonical_all(numbers), data, manner)
    if "expected_version" in data:
        raise WrongUsage("--expected-version goes only with --until and --org.")
    request = {"did_reservation": data["did_reservation"]} | ({} if remark is None else {"remark": remark})
    return _sent(
        Verb(ExtendByReservation, PROVISIONING_COMMANDS, verb.example), canonical_all(numbers), request, manner
    )


def _recover(verb: Verb, numbers: tuple[str, ...], manner: Manner, force: bool, **given: Any) -> int:
    from services.ops.past import present

    chosen, data = canonical_all(numbers), data_from(verb.fields, given)
    settings = ClientSettings.load()
    sendings = messages(verb, chosen, data, manner, settings)
    if not force:
        for name, envelope in asyncio.run(present(settings, chosen)).items():
            if envelope["data"]["state"] == "deleted" and envelope["data"].get("reason") in GONE:
                reason = envelope["data"]["reason"].replace("_", " ")
                raise WrongUsage(f"{name} was deleted as {reason}: others may use it; recover it with --force.")
    return asked(sendings, manner, settings)


def _clear(fields: list[DataField]) -> click.Option:
    names = [field.flag[2:] for field in fields if field.nullable and field.path != ("expected_version",)]
    return click.Option(["--clear"], multiple=True, type=click.Choice(names), help="attribute to clear; repeated")


def _command(name: str, verb: Verb) -> click.Command:
    fields, extra = verb.fields, list[click.Option]()
    act: Any = {"add": _add, "update": _update, "extend": _extend, "recover": _recover}.get(name, _act)
    if name == "update":
        extra = [_clear(fields)]
    if name == "extend":
        fields = [replace(field, required=field.path == ("did_reservation",)) for field in fields]
        extra = [click.Option(["--remark"], help="why; where the DID Reservation decides")]
    if name == "recover":
        extra = [click.Option(["--force"], is_flag=True, help="also if it was ported out or returned to the vendor")]
    numbers = click.Argument(["numbers"], nargs=-1, required=True, metavar="NUMBER...")
    return command(name, verb, numbers, fields, partial(act, verb), extra)


for _message in COMMANDS:
    _name = type_of(_message).removeprefix("number.")
    if _name in EXAMPLES:
        number.add_command(_command(_name, Verb(_message, INVENTORY_COMMANDS, EXAMPLES[_name])))
number.add_command(show)
number.add_command(history)
number.add_command(grade)
