"""The formats by name, and what each can do."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, BinaryIO, NamedTuple, Protocol

from services.chassis.errors import WrongSetting
from services.gateway.export.lines import CsvWriter, JsonLinesWriter


class Writer(Protocol):
    """Writes numbers to a binary stream, in constant memory."""

    def begin(self) -> None:
        """Write what stands before the first number; not called where an export goes on."""

    def write(self, numbers: Sequence[dict[str, Any]]) -> None:
        """Write some numbers."""

    def end(self) -> None:
        """Write what stands behind the last number; the stream stays open."""


class Format(NamedTuple):
    """A format. `goes_on`: what was written stands by itself, and more can be written behind it."""

    open: Callable[[BinaryIO], Writer]
    goes_on: bool


def _excel(stream: BinaryIO) -> Writer:
    with _installed():
        from services.gateway.export.excel import ExcelWriter
    return ExcelWriter(stream)


def _parquet(stream: BinaryIO) -> Writer:
    with _installed():
        from services.gateway.export.parquet import ParquetWriter
    return ParquetWriter(stream)


@contextmanager
def _installed() -> Iterator[None]:
    """Say what to install. What writes Excel and Parquet is large, and no service needs it."""
    try:
        yield
    except ImportError as error:
        raise WrongSetting(
            f"{error.name} is not installed; install numberbank[export], or export csv or jsonl."
        ) from None


FORMATS = {
    "csv": Format(CsvWriter, goes_on=True),
    "jsonl": Format(JsonLinesWriter, goes_on=True),
    "xlsx": Format(_excel, goes_on=False),
    "parquet": Format(_parquet, goes_on=False),
}
