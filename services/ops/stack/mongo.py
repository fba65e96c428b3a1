"""MongoDB: a real mongod as a replica set of one, so that transactions work."""

from typing import Any

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from services.ops.stack.child import Child, Home
from services.ops.stack.mongod import find_mongod
from services.ops.stack.ports import HOST, is_open

REPLICA_SET = "rs0"
NOT_YET_INITIALIZED, UNAUTHORIZED = 94, 13
SETTINGS = {
    "transactionLifetimeLimitSeconds": 3,  # a killed client's open transaction holds its documents no longer
    "diagnosticDataCollectionEnabled": "false",
}


class Mongo(Child):
    """A mongod with its data in its folder."""

    name = "MongoDB"
    directory = "mongo"

    def __init__(self, home: Home, port: int | None = None, cache: float | None = 0.5) -> None:
        super().__init__(home, port)
        self._cache = cache

    @property
    def url(self) -> str:
        """Return the URL of the replica set."""
        return mongo_url(f"{HOST}:{self.port}")

    def command(self) -> list[str]:
        """Return the command line; raises StackError if there is no mongod that can run here."""
        where = ["--bind_ip", HOST, "--port", str(self.port), "--dbpath", str(self.folder), "--nounixsocket"]
        size = ["--oplogSize", "512", *(["--wiredTigerCacheSizeGB", str(self._cache)] if self._cache else [])]
        settings = [word for pair in server_parameters() for word in ("--setParameter", pair)]
        return [str(find_mongod(self.home.settings)), "--replSet", REPLICA_SET, *where, *size, *settings]

    def ready(self) -> bool:
        """Tell whether it takes writes; a fresh one is made a replica set on the way."""
        return is_open(self.port) and is_primary(f"{HOST}:{self.port}")


def mongo_url(address: str) -> str:
    """Return where clients find the replica set whose one member is at `address`.

    By its name and not as a direct connection: so clients wait for the primary after a restart.
    """
    return f"mongodb://{address}/?replicaSet={REPLICA_SET}"


def server_parameters() -> list[str]:
    """Return mongod's parameters as `name=value`."""
    return [f"{name}={value}" for name, value in SETTINGS.items()]


def is_primary(address: str, **tls: Any) -> bool:
    """Tell whether the mongod at `address` takes writes; make it a replica set of one if it is none yet."""
    client: MongoClient[dict[str, Any]] = MongoClient(
        f"mongodb://{address}", directConnection=True, serverSelectionTimeoutMS=1000, socketTimeoutMS=5000, **tls
    )
    try:
        with client:
            if client.admin.command("hello")["isWritablePrimary"]:
                return True
            _configure(client, address)
    except PyMongoError:
        pass  # not up yet, or between two roles: asked again by the caller until its deadline
    return False


def _configure(client: "MongoClient[dict[str, Any]]", address: str) -> None:
    try:
        config = client.admin.command("replSetGetConfig")["config"]
    except OperationFailure as error:
        if error.code not in (NOT_YET_INITIALIZED, UNAUTHORIZED):  # a stranger may not ask, but begin
            raise
        fresh = {"_id": REPLICA_SET, "members": [{"_id": 0, "host": address}]}
        client.admin.command("replSetInitiate", fresh)
        return
    if config["members"][0]["host"] != address:  # data of an earlier stack on another port
        config["members"][0]["host"] = address
        config["version"] += 1
        client.admin.command("replSetReconfig", config, force=True)
