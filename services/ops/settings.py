"""What the command line takes from its surroundings."""

from typing import Annotated

from pydantic import Field

from contracts.fields import Name
from services.chassis.errors import WrongSetting
from services.chassis.security.files import Secret
from services.chassis.security.mongo import MongoUrl
from services.chassis.security.settings import Servers
from services.chassis.settings import Settings


class ClientSettings(Settings):
    """Variables of the command line; it speaks to Kafka, and to MongoDB only where a command says so."""

    mongo: Annotated[MongoUrl | None, Secret()] = Field(  # type: ignore[assignment]
        None, alias="MONGODB_URL", description="MongoDB, a replica set; database numberbank unless the URL names one"
    )
    partitions: Annotated[int, Field(ge=1, le=10_000)] = Field(
        8, alias="NUMBERBANK_PARTITIONS", description="partitions of topics that are created"
    )
    replication: Annotated[int, Field(ge=1, le=99)] = Field(
        1, alias="NUMBERBANK_REPLICATION", description="copies of each partition of topics that are created"
    )
    actor: Name | None = Field(None, alias="NUMBERBANK_ACTOR", description="who asks, where --actor does not say it")

    def mongo_url(self) -> str:
        """Give where MongoDB is. Raises `WrongSetting` where nobody has said it."""
        if self.mongo is None:
            raise WrongSetting("MONGODB_URL is not set; it must name MongoDB, as it does for the services.")
        return self.mongo.get_secret_value()


class StackSettings(ClientSettings):
    """The same where Kafka is about to be started, or is not needed at all."""

    servers: Servers = Field((), alias="KAFKA_BOOTSTRAP_SERVERS", description="Kafka, host:port, comma separated")
