"""JSON logs on stderr: one object a line, with what was given as `extra`."""

import json
import logging
import sys
from typing import Any

from contracts.fields import format_instant
from services.chassis.clock import SystemClock

_PLAIN = logging.LogRecord("", 0, "", 0, "", None, None).__dict__.keys() | {"message", "asctime", "taskName"}


class JsonLines(logging.Formatter):
    """Writes a record as one JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        """Give time, level, logger, message, the extra fields, and the traceback if there is one."""
        line: dict[str, Any] = {
            "time": format_instant(SystemClock().now()),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line.update({name: value for name, value in record.__dict__.items() if name not in _PLAIN})
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


def log_json(level: str) -> None:
    """Send all logs of this process to stderr."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for noisy in ("aiokafka", "faststream", "pymongo", "uvicorn"):  # what they meet is said by the road, once
        logging.getLogger(noisy).setLevel("CRITICAL" if level != "DEBUG" else "INFO")
