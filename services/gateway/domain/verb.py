"""The verbs that can be given to many numbers at once, and the columns that a file for each may have."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, get_args, get_type_hints

from pydantic import BaseModel, TypeAdapter, ValidationError

from contracts import inventory
from contracts.leaves import Leaf, leaves_of
from contracts.message import Message
from contracts.transitions import UNDOABLE

NUMBER = "number"  # the column that every file has


class WrongData(ValueError):
    """A value that the contract refuses. `code`: `missing_field` or `wrong_field`; the message is a sentence."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Verb:
    """A command as a file gives it. `name`: such as `release`; `command`: such as `number.release`."""

    name: str
    message: type[Message]

    @property
    def command(self) -> str:
        """The type of the command."""
        return str(get_args(self.message.model_fields["type"].annotation)[0])

    @property
    def undoable(self) -> bool:
        """Whether what it did can be undone for a day."""
        return self.command in UNDOABLE

    @cached_property
    def leaves(self) -> dict[str, Leaf]:
        """The fields by column: `remark`, `holder.org`."""
        return {".".join(leaf.path): leaf for leaf in leaves_of(self._model)}

    @cached_property
    def groups(self) -> frozenset[str]:
        """The fields that hold others, such as `holder`."""
        return frozenset(leaf.path[0] for leaf in self.leaves.values() if len(leaf.path) > 1)

    def check(self, data: bytes) -> None:
        """Make sure that the contract takes this JSON object as data. Raises `WrongData`."""
        try:
            self._adapter.validate_json(data)
        except ValidationError as error:
            raise _wrong(error) from None

    @cached_property
    def _model(self) -> type[BaseModel]:
        model: type[BaseModel] = get_type_hints(self.message)["data"]
        return model

    @cached_property
    def _adapter(self) -> TypeAdapter[Any]:
        return TypeAdapter(self._model)


VERBS: Mapping[str, Verb] = {
    verb.name: verb
    for verb in (
        Verb("add", inventory.AddNumber),
        Verb("import", inventory.ImportNumber),
        Verb("update", inventory.UpdateNumber),
        Verb("reserve", inventory.ReserveNumber),
        Verb("release", inventory.ReleaseNumber),
        Verb("lock", inventory.LockNumber),
        Verb("unlock", inventory.UnlockNumber),
        Verb("delete", inventory.DeleteNumber),
        Verb("recover", inventory.RecoverNumber),
        Verb("restore", inventory.RestoreNumber),
    )
}


def _wrong(error: ValidationError) -> WrongData:
    first = error.errors(include_url=False)[0]
    where = ".".join(map(str, first["loc"]))
    reason = str(first["msg"]).removeprefix("Value error, ").removeprefix("Input ").rstrip(".")
    if first["type"] == "missing":
        return WrongData("missing_field", f"{where} is missing; give it a column, or a value for all rows.")
    return WrongData("wrong_field", f"{where}: {reason}." if where else f"{reason[:1].upper()}{reason[1:]}.")
