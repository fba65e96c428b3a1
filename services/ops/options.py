"""Options of the command line, generated from the contracts: a data field is an option.

Nested fields are flat (`holder.org` is `--org`), lists are in the singular, repeated or with commas.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, get_args, get_type_hints

import click
from pydantic import BaseModel

from contracts.leaves import Leaf, bare_type, leaves_of
from contracts.message import Message
from contracts.writing import moment_in
from services.ops.faults import WrongUsage
from services.ops.numbers import canonical_all

NEVER = "never"
_SINGULAR = {"numbers": "number", "capabilities": "capability"}
# Where the contract says what null means, other than absent.
_FOR_EVER = {("Lock", ("until",)), ("Import", ("hold", "until"))}


@dataclass(frozen=True)
class DataField(Leaf):
    """A field of the data of a message, and the option that gives it."""

    flag: str  # such as `--did-reservation`
    for_ever: bool

    @property
    def parameter(self) -> str:
        """The name of the option's value in Python."""
        return "data_" + "__".join(self.path)


class Time(click.ParamType):  # type: ignore[type-arg]  # generic in newer versions only
    """A time with offset, or a date, which is its first moment in UTC."""

    name = "time"

    def __init__(self, for_ever: bool = False) -> None:
        self.for_ever = for_ever

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Give the time as the wire wants it, or `never`."""
        if self.for_ever and value == NEVER:
            return NEVER
        try:
            return moment_in(value)
        except ValueError:
            also = f", or {NEVER}" if self.for_ever else ""
            self.fail(f"{value!r} is no time; write 2026-03-01T00:00:00Z, or 2026-03-01 for its first moment{also}.")


def data_of(message: type[Message]) -> type[BaseModel]:
    """Give the model of the data of a message."""
    model: type[BaseModel] = bare_type(get_type_hints(message, include_extras=True)["data"])
    return model


def type_of(message: type[Message]) -> str:
    """Give the `type` of a message."""
    return str(get_args(message.model_fields["type"].annotation)[0])


def fields_of(model: type[BaseModel]) -> list[DataField]:
    """Give the fields of the data; of two that would have the same option the nested one says where it is."""
    taken: dict[str, DataField] = {}
    fields = (_field(leaf, model.__name__) for leaf in leaves_of(model))
    for field in sorted(fields, key=lambda field: len(field.path)):
        flag = field.flag if field.flag not in taken else "--" + "-".join(field.path).replace("_", "-")
        taken[flag] = replace(field, flag=flag)
    return list(taken.values())


def option_of(field: DataField) -> click.Option:
    """Give the option of a field."""
    text = field.help or " of the ".join(name.replace("_", " ") for name in reversed(field.path))
    if field.for_ever:
        text = f"{text}; {NEVER}: null, it stands until somebody acts"
    if field.many:
        text = f"{text}; repeated or with commas"
    if field.kind == "flag":
        return click.Option([f"{field.flag}/--no-{field.flag[2:]}", field.parameter], help=text, default=None)
    return click.Option(
        [field.flag, field.parameter],
        help=text,
        required=field.required and not field.many,
        multiple=field.many,
        type=_click_type(field),
        metavar="NUMBER" if field.kind == "number" else None,
    )


def data_from(fields: Sequence[DataField], given: Mapping[str, Any]) -> dict[str, Any]:
    """Give the data that the options say; what was not given is absent. Raises `WrongUsage`."""
    data: dict[str, Any] = {}
    for field in fields:
        value = given.get(field.parameter)
        if field.many:
            value = _listed(field, value or ()) or ([] if field.required else None)
        elif value is not None and field.kind == "number":
            value = _one_number(field, value)
        if value is None:
            continue
        inside = data
        for name in field.path[:-1]:
            inside = inside.setdefault(name, {})
        inside[field.path[-1]] = None if field.for_ever and value == NEVER else value
    return data


def _listed(field: DataField, values: Sequence[str]) -> list[str]:
    if field.kind == "number":
        return canonical_all(values)
    parts = [part.strip() for value in values for part in value.split(",") if part.strip()]
    for part in parts:
        if field.choices and part not in field.choices:
            raise WrongUsage(f"{field.flag}: {part!r} is not one of {', '.join(field.choices)}.")
    return list(dict.fromkeys(parts))


def _one_number(field: DataField, value: str) -> str:
    numbers = canonical_all([value])
    if len(numbers) != 1:
        raise WrongUsage(f"{field.flag} takes one number, not {value!r}.")
    return numbers[0]


def _field(leaf: Leaf, root: str) -> DataField:
    name = leaf.path[-1]
    flag = "--" + _SINGULAR.get(name, name).replace("_", "-")
    return DataField(**vars(leaf), flag=flag, for_ever=(root, leaf.path) in _FOR_EVER)


def _click_type(field: DataField) -> "click.ParamType[Any]":
    if field.kind == "choice" and not field.many:
        return click.Choice(field.choices)
    kinds: dict[str, click.ParamType[Any]] = {"time": Time(field.for_ever), "version": click.IntRange(min=0)}
    return kinds.get(field.kind, click.STRING)
