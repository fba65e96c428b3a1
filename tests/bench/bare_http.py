"""A bare FastAPI application that asks MongoDB what the gateway asks: `python -m tests.bench.bare_http PORT URL`."""

import sys
from typing import Any

import orjson
import uvicorn
from fastapi import FastAPI
from motor.motor_asyncio import AsyncIOMotorClient
from starlette.responses import Response

from services.gateway.domain import OPERATOR, Search
from services.gateway.query import order, wanted

ASKED = Search(state=("available",))


def application(url: str) -> FastAPI:
    """Make it; nobody is let in or kept out, nothing is counted."""
    app = FastAPI()
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(url, tz_aware=True)
    catalogue = client.get_default_database("numberbank")["gateway.catalogue"]
    filter, sort = wanted(ASKED, OPERATOR), order(ASKED)

    @app.get("/v1/numbers")
    async def page(limit: int) -> Response:
        found = await catalogue.find(filter, sort=sort, limit=limit + 1, batch_size=limit + 2).to_list(None)
        return Response(orjson.dumps({"numbers": found}), media_type="application/json")

    @app.get("/v1/numbers/{number}")
    async def show(number: str) -> Response:
        return Response(orjson.dumps(await catalogue.find_one({"_id": number})), media_type="application/json")

    return app


if __name__ == "__main__":
    alike: dict[str, Any] = {"log_level": "critical", "access_log": False, "lifespan": "off", "ws": "none"}
    uvicorn.run(application(sys.argv[2]), port=int(sys.argv[1]), **alike)
