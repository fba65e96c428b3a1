"""The same servers with their doors shut: TLS everywhere, every user named, nothing allowed that nobody granted."""

import asyncio
import os
import secrets
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pydantic import SecretStr
from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from services.chassis.errors import Unusable
from services.chassis.security.cluster import Cluster, User
from services.chassis.security.tls import client_context
from services.ops.connection import admin
from services.ops.stack.child import Home
from services.ops.stack.errors import StackError
from services.ops.stack.kafka import CLUSTER, Installation, Kafka, write_properties
from services.ops.stack.mongo import Mongo, is_primary
from services.ops.stack.ports import HOST, free_port, is_open

ADMIN = "admin"  # may do everything, in Kafka and in MongoDB
MECHANISM = "SCRAM-SHA-512"
AUTHENTICATION_FAILED = 18


@dataclass(frozen=True)
class Security:
    """What a secured stack is given."""

    authority: Path  # certificate of who signed the next, PEM
    certificate: Path  # the servers' certificate for 127.0.0.1, common name `broker`, and its key in PKCS#8, PEM
    passwords: Mapping[str, str]  # of all users of Kafka, `admin` among them; in MongoDB there is only `admin`

    def cluster(self, server: str) -> Cluster:
        """Give Kafka at `server` as the administrator finds it."""
        return Cluster(
            (server,),
            client_context(str(self.authority), None, None),
            User(ADMIN, SecretStr(self.passwords[ADMIN])),
        )

    def environ(self, env: Mapping[str, str], user: str) -> dict[str, str]:
        """Give the variables with which `user` finds the servers of `env`, and is let in."""
        login = f"{quote(user, safe='')}:{quote(self.passwords[user], safe='')}"
        url = env["MONGODB_URL"].replace("mongodb://", f"mongodb://{login}@")
        return {
            **env,
            "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
            "KAFKA_SASL_USERNAME": user,
            "KAFKA_SASL_PASSWORD": self.passwords[user],
            "KAFKA_SSL_CAFILE": str(self.authority),
            "MONGODB_URL": f"{url}&authSource=admin&tls=true&tlsCAFile={quote(str(self.authority))}",
        }


class SecuredKafka(Kafka):
    """Kafka with a door for passwords (SCRAM) and one for certificates, and an authorizer behind both."""

    def __init__(
        self, home: Home, installation: Callable[[], Installation], port: int | None, security: Security
    ) -> None:
        super().__init__(home, installation, port)
        self._security = security
        self.certificate_port = free_port()

    def settings(self) -> dict[str, Any]:
        """Return what differs from an open broker."""
        login = f'username="{ADMIN}" password="{self._security.passwords[ADMIN]}"'
        doors = f"SASL_SSL://{HOST}:{self.port},SSL://{HOST}:{self.certificate_port}"
        return {
            "listeners": f"{doors},CONTROLLER://{HOST}:{self.controller_port}",
            "advertised.listeners": doors,
            "listener.security.protocol.map": "SASL_SSL:SASL_SSL,SSL:SSL,CONTROLLER:SSL",
            "inter.broker.listener.name": "SASL_SSL",
            "sasl.enabled.mechanisms": MECHANISM,
            "sasl.mechanism.inter.broker.protocol": MECHANISM,
            f"listener.name.sasl_ssl.{MECHANISM.lower()}.sasl.jaas.config": (
                f"org.apache.kafka.common.security.scram.ScramLoginModule required {login};"
            ),
            "listener.name.ssl.ssl.client.auth": "required",
            "listener.name.controller.ssl.client.auth": "required",
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": self._security.certificate,
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": self._security.authority,
            "ssl.principal.mapping.rules": "RULE:^.*CN=([^,]+).*$/$1/",
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users": f"User:{ADMIN};User:broker",
        }

    def format(self, installed: Installation) -> None:
        """Format the folder with all users: there is no first one who could make the others."""
        properties = write_properties(self.folder, self.port, self.controller_port, self.settings())
        users = [f"{MECHANISM}=[name={name},password={word}]" for name, word in self._security.passwords.items()]
        added = [word for user in users for word in ("--add-scram", user)]
        tool = ["kafka.tools.StorageTool", "format", "-t", CLUSTER, "-c", str(properties)]
        run = subprocess.run([*installed.java, *tool, *added], env=self.environ(), capture_output=True, check=False)
        if run.returncode != 0:
            raise StackError(f"Kafka cannot be prepared (exit code {run.returncode}): {run.stderr.decode()[-500:]}")

    def ready(self) -> bool:
        """Tell whether the administrator is let in and groups have a place."""
        return is_open(self.port) and asyncio.run(self._answers())

    async def _answers(self) -> bool:
        from aiokafka.errors import KafkaError

        try:
            async with asyncio.timeout(10), admin(self._security.cluster(self.url), 5) as client:
                return bool(await client.find_coordinator("any-group") >= 0)
        except (Unusable, KafkaError, TimeoutError, OSError):
            return False


class SecuredMongo(Mongo):
    """A mongod that speaks TLS only and knows one user, who may make others."""

    def __init__(self, home: Home, port: int | None, security: Security) -> None:
        super().__init__(home, port)
        self._security = security

    def command(self) -> list[str]:
        """Return the command line; members of a replica set that asks for users show each other a key."""
        key = self.folder.with_suffix(".key")
        if not key.exists():
            with open(os.open(key, os.O_CREAT | os.O_WRONLY, 0o600), "w") as file:
                file.write(secrets.token_hex(64))
        tls = ["--tlsMode", "requireTLS", "--tlsCertificateKeyFile", str(self._security.certificate)]
        trust = ["--tlsCAFile", str(self._security.authority), "--tlsAllowConnectionsWithoutCertificates"]
        return [*super().command(), "--auth", "--keyFile", str(key), *tls, *trust]

    def ready(self) -> bool:
        """Tell whether it takes writes and knows the administrator; a fresh one is told of him on the way."""
        address, tls = f"{HOST}:{self.port}", {"tls": True, "tlsCAFile": str(self._security.authority)}
        return is_open(self.port) and is_primary(address, **tls) and self._administered(address, tls)

    def _administered(self, address: str, tls: Mapping[str, Any]) -> bool:
        how: dict[str, Any] = {"directConnection": True, "serverSelectionTimeoutMS": 1000, **tls}
        password = self._security.passwords[ADMIN]
        try:
            with MongoClient[dict[str, Any]](f"mongodb://{address}", username=ADMIN, password=password, **how) as known:
                known.admin.command("ping")
                return True
        except OperationFailure as error:
            if error.code != AUTHENTICATION_FAILED:
                return False
        except PyMongoError:
            return False
        # Without any user, whoever comes from this machine may make the first one, and nothing else.
        with MongoClient[dict[str, Any]](f"mongodb://{address}", **how) as stranger:
            stranger.admin.command("createUser", ADMIN, pwd=password, roles=["root"])
        return True
