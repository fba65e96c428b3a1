"""TCP ports of 127.0.0.1: find a free one, ask whether one is free or answered."""

import os
import random
import socket
from collections import deque

from services.ops.stack.errors import StackError

HOST = "127.0.0.1"
# Below the range from which the kernel takes the local ports of outgoing connections (32768 and up): a client
# that reconnects to a server which is just being restarted could otherwise be given the server's own port.
FIRST, LAST = 15_000, 32_000
# A server listens seconds after its port was chosen. Until then the port is claimed: its namesake in UDP, which no
# server of ours speaks, is bound, so that neither this process nor another one that asks here chooses it too.
CLAIMS = 64  # of the latest choices; the servers of older ones listen by now, or are gone
_chance = random.SystemRandom()  # a test that seeds the common generator would make two processes choose alike
_claims: deque[int] = deque()  # descriptors; the system closes what is left of them


def free_port() -> int:
    """Return a port that nobody listens on and nobody else has just been given, fit to be used after a restart too."""
    for _ in range(200):
        port = _chance.randint(FIRST, LAST)
        if is_free(port) and _claim(port) and is_free(port):  # a claim costs the oldest one its own
            return port
    raise StackError(f"No free port between {FIRST} and {LAST} on {HOST}; name one yourself.")


def _claim(port: int) -> bool:
    claim = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        claim.bind((HOST, port))
    except OSError:
        claim.close()
        return False
    _claims.append(claim.detach())
    if len(_claims) > CLAIMS:
        os.close(_claims.popleft())
    return True


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
