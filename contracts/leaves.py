"""The fields of a model, nested ones flat: what options of a command line and columns of a file are made from."""

import types
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel

from contracts.fields import E164

Path = tuple[str, ...]
Kind = Literal["text", "flag", "time", "version", "number", "choice"]


@dataclass(frozen=True)
class Leaf:
    """A field that holds a value, or several of them (`many`), wherever it is."""

    path: Path
    kind: Kind
    many: bool
    required: bool
    nullable: bool
    choices: tuple[str, ...]
    help: str


def leaves_of(model: type[BaseModel], prefix: Path = (), required: bool = True) -> Iterator[Leaf]:
    """Give the fields of a model and of the models in it. `required`: nothing above it may be absent."""
    for name, hint in get_type_hints(model, include_extras=True).items():
        info = model.model_fields.get(name)
        if info is None:
            continue
        path, needed, bare = (*prefix, name), required and info.is_required(), bare_type(hint)
        if isinstance(bare, type) and issubclass(bare, BaseModel):
            yield from leaves_of(bare, path, needed)
            continue
        many = get_origin(bare) is tuple
        item = get_args(bare)[0] if many else hint
        choices = get_args(bare_type(item)) if get_origin(bare_type(item)) is Literal else ()
        yield Leaf(path, _kind(item), many, needed, _nullable(hint), choices, info.description or "")


def bare_type(hint: Any) -> Any:
    """Take `Annotated` and `| None` off a type."""
    while True:
        if get_origin(hint) is Annotated:
            hint = get_args(hint)[0]
        elif get_origin(hint) in (Union, types.UnionType):
            hint = next(arg for arg in get_args(hint) if arg is not type(None))
        else:
            return hint


def _kind(hint: Any) -> Kind:
    if hint == E164:
        return "number"
    bare = bare_type(hint)
    if get_origin(bare) is Literal:
        return "choice"
    kinds: dict[Any, Kind] = {bool: "flag", datetime: "time", int: "version"}
    return kinds.get(bare, "text")


def _nullable(hint: Any) -> bool:
    return get_origin(hint) in (Union, types.UnionType) and type(None) in get_args(hint)
