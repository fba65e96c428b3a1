"""The two words of Kafka's protocol that tell whether a broker can be used, without a client library."""

import socket
import struct

from services.ops.stack.ports import HOST

METADATA, FIND_COORDINATOR = (3, 4), (10, 0)  # api key and version
CORRELATION = 7
NO_TOPICS, CREATE_NONE = 0, False


def is_usable(port: int, host: str = HOST) -> bool:
    """Tell whether the broker on `port` answers, counts as one of its cluster, and has a place for groups.

    Asking for the latter makes the topic of the groups' offsets, so that no first consumer has to wait for it.
    """
    try:
        with socket.create_connection((host, port), timeout=2) as connection:
            return _brokers(connection) > 0 and _coordinates(connection)
    except (OSError, struct.error):
        return False


def _brokers(connection: socket.socket) -> int:
    answer = _ask(connection, METADATA, struct.pack(">i?", NO_TOPICS, CREATE_NONE))
    _throttle, count = struct.unpack_from(">ii", answer)
    return int(count)


def _coordinates(connection: socket.socket) -> bool:
    (error,) = struct.unpack_from(">h", _ask(connection, FIND_COORDINATOR, _string(b"any-group")))
    return bool(error == 0)


def _ask(connection: socket.socket, api: tuple[int, int], body: bytes) -> bytes:
    """Send a request and return its answer without size and correlation."""
    request = struct.pack(">hhi", *api, CORRELATION) + _string(b"numberbank-stack") + body
    connection.sendall(struct.pack(">i", len(request)) + request)
    (size,) = struct.unpack(">i", connection.recv(4, socket.MSG_WAITALL))
    return connection.recv(size, socket.MSG_WAITALL)[4:]


def _string(text: bytes) -> bytes:
    return struct.pack(">h", len(text)) + text
