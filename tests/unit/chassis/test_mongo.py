"""What the driver's errors mean, without a server."""

import pytest
from pymongo.errors import AutoReconnect, OperationFailure, PyMongoError, ServerSelectionTimeoutError

from services.chassis.errors import Conflict, StoreTrouble
from services.chassis.mongo.trouble import translated


@pytest.mark.parametrize(
    ("error", "conflict"),
    [
        (ServerSelectionTimeoutError("nobody there"), False),
        (AutoReconnect("connection closed"), True),
        (OperationFailure("write conflict", 112), True),
        (OperationFailure("interrupted", 11601), True),
    ],
)
def test_a_database_that_is_away_is_no_conflict_though_the_driver_calls_it_transient(
    error: PyMongoError, conflict: bool
) -> None:
    error._add_error_label("TransientTransactionError")
    with pytest.raises(StoreTrouble) as trouble, translated():
        raise error
    assert isinstance(trouble.value, Conflict) == conflict
