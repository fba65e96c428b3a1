"""The ids of the gateway's commands, whose each is can be told; and by what a request is known that is sent again."""

import hashlib
import re
import secrets
import uuid
from hmac import compare_digest

from services.gateway.domain.outcome import PREFIX

SEED = 8  # bytes
_KEY = re.compile(r"[\x21-\x7e]{1,255}", re.ASCII)
_ID = re.compile(rf"{PREFIX}[0-9a-f]{{8}}(-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}", re.ASCII)


def new_seed() -> bytes:
    """Give what the id of a command is made from; what is asked again is known by its key, with the commands kept."""
    return secrets.token_bytes(SEED)


def is_key(text: str) -> bool:
    """Tell whether a text can be the key of a request: 1 to 255 visible characters."""
    return _KEY.fullmatch(text) is not None


def command_id(token: str, seed: bytes) -> str:
    """Give the id of a command of a token: a UUID whose second half nobody can tell from the first without it."""
    first = seed[:6] + _marked(seed[6], 0x80, 0x0F) + seed[7:SEED]  # the version of a UUID, 8
    half = hashlib.sha256(token.encode() + first).digest()[:SEED]
    return f"{PREFIX}{uuid.UUID(bytes=first + _marked(half[0], 0x80, 0x3F) + half[1:])}"


def is_command_of(token: str, id: str) -> bool:
    """Tell whether an id was made for a command of this token."""
    if not _ID.fullmatch(id):
        return False
    return compare_digest(command_id(token, uuid.UUID(id.removeprefix(PREFIX)).bytes[:SEED]), id)


def fingerprint(*parts: str) -> str:
    """Give what tells one request from another."""
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


def _marked(byte: int, mark: int, kept: int) -> bytes:
    return bytes([byte & kept | mark])
