"""A number as one flat row; names of what is nested have a dot."""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

Kind = Literal["number", "text", "time", "integer", "flag", "list"]


class Column(NamedTuple):
    """A column. `part`: of the hold or the holder, where it is not of the number itself."""

    field: str
    kind: Kind = "text"
    part: str | None = None

    @property
    def name(self) -> str:
        """The heading."""
        return self.field if self.part is None else f"{self.field}.{self.part}"


COLUMNS = (
    Column("number", "number"), Column("state"), Column("previous"), Column("version", "integer"),
    Column("since", "time"), Column("hold", "text", "cause"), Column("hold", "integer", "placed"),
    Column("hold", "time", "until"), Column("hold", "time", "free_until"), Column("hold", "flag", "charged"),
    Column("hold", "text", "did_reservation"), Column("hold", "text", "subscription"), Column("holder", "text", "org"),
    Column("holder", "text", "kind"), Column("subscription"), Column("remark"), Column("reason"), Column("vendor"),
    Column("country"), Column("sku"), Column("number_type"), Column("capabilities", "list"), Column("routing"),
    Column("golden", "flag"), Column("ported_in", "flag"), Column("visible_to", "list"), Column("partner"),
)  # fmt: skip
NAMES = tuple(column.name for column in COLUMNS)
_NOTHING: Mapping[str, Any] = {}


def row_of(data: Mapping[str, Any]) -> list[Any]:
    """Give the values of a number, in the order of the columns; None where there is nothing."""
    return [
        data[field] if part is None else (data[field] or _NOTHING).get(part) for field, _, part in COLUMNS
    ]  # fmt: skip
