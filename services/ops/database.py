"""MongoDB as the command line sees it: it only reads, what the majority knows.

Importing the driver takes long, so it is imported where it is used.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from services.chassis.errors import Unusable
from services.chassis.security.mongo import mongo_trouble, said, strictly
from services.ops.settings import ClientSettings

PATIENCE = 5_000  # milliseconds in which MongoDB has to be found


@asynccontextmanager
async def database(settings: ClientSettings) -> AsyncIterator[Any]:
    """Open the system's database. Raises `WrongSetting` without its URL, `Unusable` when it does not answer."""
    from bson.codec_options import CodecOptions
    from pymongo import AsyncMongoClient
    from pymongo.errors import PyMongoError
    from pymongo.read_concern import ReadConcern

    from services.chassis.mongo import DATABASE

    url = settings.mongo_url()
    with strictly(url):
        client: Any = AsyncMongoClient(
            url, appname="numberbank-ops", serverSelectionTimeoutMS=PATIENCE, connectTimeoutMS=PATIENCE
        )
    codec: CodecOptions[Any] = CodecOptions(tz_aware=True)
    try:
        yield client.get_default_database(DATABASE, codec_options=codec, read_concern=ReadConcern("majority"))
    except PyMongoError as error:
        raise Unusable(
            mongo_trouble(error) or f"MongoDB cannot be used ({said(error, url)}); start it, or correct MONGODB_URL."
        ) from None
    finally:
        await client.close()
