"""The Kafka headers of what the road publishes."""

from contracts.message import CONTENT_TYPE
from services.chassis.records import Headers, Outgoing

CONTENT = ("content-type", CONTENT_TYPE.encode())


def published_headers(record: Outgoing, writer: str, batch: int, ordinal: int) -> Headers:
    """Give a record's own headers, or those of an event, and which lane wrote it as which of its records."""
    own = (CONTENT,) if record.headers is None else record.headers
    return (*own, ("nb-writer", writer.encode()), ("nb-seq", b"%d.%d" % (batch, ordinal)))
