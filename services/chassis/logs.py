"""JSON logs on stderr: one object a line, with what was given as `extra`.

Log lines are kept and read by more people than the bank: no number, address or holder is in them. What our own
lines say is chosen so; the rest is shown without what others put into it.
"""

import json
import logging
import sys
import traceback
from types import TracebackType
from typing import Any

from contracts.fields import format_instant
from services.chassis.clock import SystemClock
from services.chassis.masking import masked

_PLAIN = logging.LogRecord("", 0, "", 0, "", None, None).__dict__.keys() | {"message", "asctime", "taskName"}
log = logging.getLogger(__name__)


class JsonLines(logging.Formatter):
    """Writes a record as one JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        """Give time, level, logger, message, the extra fields, and the traceback if there is one."""
        line: dict[str, Any] = {
            "time": format_instant(SystemClock().now()),
            "level": record.levelname.lower(),
            "logger": record.name,
            # Others add lines with the values at hand, such as asyncio of a task that nobody awaited.
            "message": record.getMessage().partition("\n")[0],
        }
        line.update({name: value for name, value in record.__dict__.items() if name not in _PLAIN})
        if record.exc_info and record.exc_info[1] is not None:
            line["traceback"] = _traceback(record.exc_info[1])
        return masked(json.dumps(line, default=str))


def _traceback(error: BaseException | None) -> str:
    """Give frames and types, the cause first. What exceptions say is left out: it quotes what was being handled."""
    parts: list[str] = []
    while error is not None:
        parts.insert(0, "".join(traceback.format_tb(error.__traceback__)) + type(error).__qualname__)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\n".join(parts)


def log_json(level: str) -> None:
    """Send all logs of this process to stderr, what ends it by a defect included."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.captureWarnings(True)
    sys.excepthook = _defect
    for noisy in ("aiokafka", "faststream", "pymongo", "uvicorn"):  # what they meet is said by the road, once
        logging.getLogger(noisy).setLevel("CRITICAL" if level != "DEBUG" else "INFO")


def _defect(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    log.critical("ends by a defect", exc_info=(kind, error, trace))
