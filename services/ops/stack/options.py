"""What can be asked of a stack."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from services.ops.stack.secured import Security


class Options(TypedDict, total=False):
    """The keyword arguments of `local_stack` and `find_stack`; each may be left out."""

    kafka: bool  # whether to have Kafka; True
    mongo: bool  # whether to have MongoDB; True
    mail: bool  # whether to have a mail server; True
    kafka_port: int | None  # port of 127.0.0.1; a free one
    mongo_port: int | None  # port of 127.0.0.1; a free one
    smtp_port: int | None  # port of 127.0.0.1; a free one
    mongo_cache: float | None  # gigabytes that MongoDB holds in memory; 0.5, None: half of the machine's; not in Docker
    data: Path | None  # folder that is kept, and used again by a later stack; a temporary one
    progress: Callable[[str], None]  # takes lines for a person to read; standard error
    security: "Security | None"  # TLS, users and rights for Kafka and MongoDB; open to everybody on this machine
    environ: Mapping[str, str] | None  # stands for the environment of this process


def say(line: str) -> None:
    """Tell a person what goes on, on standard error."""
    print(line, file=sys.stderr, flush=True)
