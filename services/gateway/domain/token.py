"""API tokens: who asks over HTTP, and for what. The secret is shown once; only its hash is kept."""

import base64
import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from contracts.fields import Domain, Instant, Name
from services.gateway.domain.asker import OPERATOR, Asker

Scope = Literal["read", "manage", "bulk", "admin"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
RANDOM = 32  # bytes of a secret
_PREFIX = "nb_"
_SECRET = re.compile(r"nb_[A-Za-z0-9_-]{43}", re.ASCII)

TokenName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]


@dataclass(frozen=True)
class Token:
    """What is kept of a token. `id`: SHA-256 of the secret, hex; `org` None: an operator's."""

    id: str
    name: str
    org: str | None
    domains: tuple[str, ...]
    scopes: tuple[str, ...]
    created: datetime
    expires: datetime | None = None
    revoked: datetime | None = None

    def is_good(self, at: datetime) -> bool:
        """Tell whether it lets anybody in at this time."""
        return self.revoked is None and (self.expires is None or at < self.expires)

    def may(self, scope: Scope) -> bool:
        """Tell whether it is for this."""
        return scope in self.scopes

    @property
    def asker(self) -> Asker:
        """Who asks with it."""
        return OPERATOR if self.org is None else Asker(self.org, self.domains)


class TokenWish(BaseModel):
    """A token to be made. Example: `{"name": "acme-portal", "org": "acme", "scopes": ["read", "manage"]}`."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    name: TokenName = Field(description="letters, digits, dots, dashes; shown in logs, and never used again")
    org: Name | None = Field(None, description="whose it is; absent: an operator's, who sees and may do everything")
    domains: Annotated[tuple[Domain, ...], Field(max_length=64)] = Field(
        (), description="domains of the org and its partner, whose numbers it may see"
    )
    scopes: Annotated[tuple[Scope, ...], Field(min_length=1, max_length=len(SCOPES))] = Field(
        ("read",), description="read: look; manage: change; bulk: jobs over many numbers; admin: tokens"
    )
    expires: Instant | None = Field(None, description="when it ends; absent: never")

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        if self.org is not None and "admin" in self.scopes:
            raise ValueError("scopes: admin is for operators; leave it out, or leave out org")
        if self.org is None and self.domains:
            raise ValueError("domains: an operator sees all numbers; leave them out, or name the org")
        return self

    def token(self, secret: str, at: datetime) -> Token:
        """Give what is kept of it."""
        scopes = tuple(scope for scope in SCOPES if scope in self.scopes)
        return Token(digest(secret), self.name, self.org, self.domains, scopes, at, self.expires)


def secret_of(random: bytes) -> str:
    """Write random bytes as the secret of a token."""
    return _PREFIX + base64.urlsafe_b64encode(random).decode().rstrip("=")


def looks_like_secret(text: str) -> bool:
    """Tell whether a text could be a secret at all."""
    return _SECRET.fullmatch(text) is not None


def digest(secret: str) -> str:
    """Give what a secret is known by. It has 256 random bits, so a plain hash keeps it."""
    return hashlib.sha256(secret.encode()).hexdigest()
