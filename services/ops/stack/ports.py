"""TCP ports of 127.0.0.1: find a free one, ask whether one is free or answered."""

import random
import socket

from services.ops.stack.errors import StackError

HOST = "127.0.0.1"
# Below the range from which the kernel takes the local ports of outgoing connections (32768 and up): a client
# that reconnects to a server which is just being restarted could otherwise be given the server's own port.
FIRST, LAST = 15_000, 32_000


def free_port() -> int:
    """Return a port that nobody listens on now, fit to be used again after a restart."""
    candidates = (random.randint(FIRST, LAST) for _ in range(200))
    for port in candidates:
        if is_free(port):
            return port
    raise StackError(f"No free port between {FIRST} and {LAST} on {HOST}; name one yourself.")


def is_free(port: int) -> bool:
    """Tell whether a server could listen on `port` now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
            probe.listen(1)
        except OSError:
            return False
    return True


def is_open(port: int) -> bool:
    """Tell whether somebody accepts connections on `port`."""
    try:
        socket.create_connection((HOST, port), timeout=1).close()
    except OSError:
        return False
    return True
