"""What the driver's errors mean."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from bson.errors import InvalidDocument
from pymongo.errors import (
    BulkWriteError,
    DocumentTooLarge,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
)

from services.chassis.errors import Conflict, StoreTrouble

_CONFLICTS = {112, 11000, 251, 290}  # write conflict, duplicate key, transaction gone, transaction too old
_TOO_LARGE = {10334, 17419, 17420}  # of a document


@contextmanager
def translated() -> Iterator[None]:
    """Sort the driver's errors by what has to be done about them."""
    try:
        yield
    except (DocumentTooLarge, InvalidDocument):
        raise  # a defect of what was to be written, whoever tries it again
    except (OSError, RuntimeError, MemoryError) as error:  # no thread, no socket: of this machine, not of the record
        raise StoreTrouble(repr(error)) from error
    except PyMongoError as error:
        codes = {getattr(error, "code", None)}
        if isinstance(error, BulkWriteError):
            codes |= {fault.get("code") for fault in (error.details or {}).get("writeErrors", ())}
        if codes & _TOO_LARGE:
            raise
        away = isinstance(error, ServerSelectionTimeoutError)  # which the driver calls transient, but nobody was first
        if codes & _CONFLICTS or (error.has_error_label("TransientTransactionError") and not away):
            raise Conflict(short(error)) from error
        raise StoreTrouble(short(error)) from error


def short(error: PyMongoError) -> str:
    """Give what has happened, without the documents that the server quotes."""
    details = (error.details or {}) if isinstance(error, OperationFailure) else {}
    faults = [details, *details.get("writeErrors", ())]
    reason = faults[-1].get("errmsg") or ("" if details else error)
    return re.split(r", Timeout:| dup key:", f"{type(error).__name__}: {reason}")[0][:300]
