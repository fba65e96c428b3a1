"""Kafka as every client of ours finds it: where it is, and what to show at its door."""

import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from pydantic import SecretStr

Protocol = Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]
Mechanism = Literal["SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN"]
MECHANISMS: tuple[str, ...] = get_args(Mechanism)


@dataclass(frozen=True)
class User:
    """Who a client says that it is."""

    name: str
    password: SecretStr
    mechanism: Mechanism = "SCRAM-SHA-512"


@dataclass(frozen=True)
class Cluster:
    """A Kafka cluster. Without `tls` nothing is encrypted, without `user` nobody is named."""

    servers: tuple[str, ...]
    tls: ssl.SSLContext | None = field(default=None, repr=False)
    user: User | None = None

    @classmethod
    def of(cls, where: "Cluster | str | Sequence[str]") -> "Cluster":
        """Give the cluster, also where only its servers are named, in a list or with commas."""
        if isinstance(where, Cluster):
            return where
        parts = where.split(",") if isinstance(where, str) else where
        return cls(tuple(part.strip() for part in parts if part.strip()))

    def __str__(self) -> str:
        return ",".join(self.servers)

    @property
    def protocol(self) -> Protocol:
        """Kafka's name for what is spoken."""
        if self.user is None:
            return "PLAINTEXT" if self.tls is None else "SSL"
        return "SASL_PLAINTEXT" if self.tls is None else "SASL_SSL"

    @property
    def security(self) -> dict[str, Any]:
        """The keyword arguments with which any client of aiokafka is let in."""
        shown: dict[str, Any] = {"security_protocol": self.protocol, "ssl_context": self.tls}
        if self.user is not None:
            shown["sasl_mechanism"] = self.user.mechanism
            shown["sasl_plain_username"] = self.user.name
            shown["sasl_plain_password"] = self.user.password.get_secret_value()
        return shown

    @property
    def client(self) -> dict[str, Any]:
        """The keyword arguments with which any client of aiokafka finds the cluster and is let in."""
        return {"bootstrap_servers": list(self.servers), **self.security}
