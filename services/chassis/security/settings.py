"""The variables that say how Kafka lets us in; each of the services' settings has them."""

from functools import cached_property
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr

from services.chassis.security.cluster import Cluster, Mechanism, Protocol, User
from services.chassis.security.files import Secret
from services.chassis.security.tls import client_context


def _servers(value: object) -> object:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


Servers = Annotated[tuple[str, ...], BeforeValidator(_servers), Field(min_length=1)]


class KafkaSettings(BaseModel):
    """Where Kafka is, and what to show there."""

    model_config = ConfigDict(frozen=True, extra="ignore", arbitrary_types_allowed=True, hide_input_in_errors=True)

    servers: Servers = Field(alias="KAFKA_BOOTSTRAP_SERVERS", description="Kafka, host:port, comma separated")
    protocol: Protocol = Field("PLAINTEXT", alias="KAFKA_SECURITY_PROTOCOL", description="what is spoken with Kafka")
    mechanism: Mechanism = Field(
        "SCRAM-SHA-512", alias="KAFKA_SASL_MECHANISM", description="how Kafka is shown the password"
    )
    username: str | None = Field(None, alias="KAFKA_SASL_USERNAME", description="the user that Kafka knows")
    password: Annotated[SecretStr | None, Secret()] = Field(
        None, alias="KAFKA_SASL_PASSWORD", description="its password"
    )
    cafile: str | None = Field(
        None, alias="KAFKA_SSL_CAFILE", description="authorities whose certificates of Kafka are trusted, PEM"
    )
    certfile: str | None = Field(None, alias="KAFKA_SSL_CERTFILE", description="certificate to show to Kafka, PEM")
    keyfile: str | None = Field(None, alias="KAFKA_SSL_KEYFILE", description="its key, PEM, not encrypted")

    @cached_property
    def kafka(self) -> Cluster:
        """The cluster. Raises `ValueError`, which names the variable that does not fit the others."""
        user = self._user()
        named = {
            "KAFKA_SSL_CAFILE": self.cafile,
            "KAFKA_SSL_CERTFILE": self.certfile,
            "KAFKA_SSL_KEYFILE": self.keyfile,
        }
        if self.protocol.endswith("SSL"):
            return Cluster(self.servers, client_context(*named.values()), user)
        if unused := [name for name, value in named.items() if value is not None]:
            raise ValueError(f"{unused[0]} is set but KAFKA_SECURITY_PROTOCOL is {self.protocol}, which uses no TLS")
        return Cluster(self.servers, None, user)

    def _user(self) -> User | None:
        given = {"KAFKA_SASL_USERNAME": self.username, "KAFKA_SASL_PASSWORD": self.password}
        if not self.protocol.startswith("SASL"):
            if unused := [name for name, value in given.items() if value is not None]:
                raise ValueError(
                    f"{unused[0]} is set but KAFKA_SECURITY_PROTOCOL is {self.protocol}, which names nobody; "
                    f"it must be SASL_SSL"
                )
            return None
        if self.username is None or self.password is None:
            missing = next(name for name, value in given.items() if value is None)
            raise ValueError(f"{missing} is not set, and KAFKA_SECURITY_PROTOCOL is {self.protocol}, which needs it")
        return User(self.username, self.password, self.mechanism)
