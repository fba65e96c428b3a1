"""What all tests share: one local stack for the whole run, started when first asked for."""

import os
from collections.abc import Iterator

import pytest

from services.ops.stack import Stack, find_stack


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """Give real Kafka, MongoDB and mail: from the environment, Docker or local processes."""
    with find_stack(environ=os.environ) as found:
        yield found
