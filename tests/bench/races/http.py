"""The HTTP edge of the gateway, beside a bare FastAPI handler that asks MongoDB the same."""

import secrets
from collections.abc import Mapping, Sequence
from itertools import islice

from services.chassis.clock import SystemClock
from services.gateway.domain import TokenWish, secret_of
from services.gateway.tokens import Tokens
from services.ops.stack.ports import free_port
from tests.bench import stock
from tests.bench.bulk import load
from tests.bench.figures import Figure, percentile, ratio
from tests.bench.hitting import Answers, hit, until_answered
from tests.bench.processes import running
from tests.bench.races import Race
from tests.bench.track import Ground, Track
from tests.bench.views import views

ASKED = 500  # single numbers, spread over the stock
CONNECTIONS = 8
PAGE = "/v1/numbers?state=available&limit=50"


async def http(track: Track) -> list[Figure]:
    """Load a stock, make its indexes, and ask both servers in turn."""
    ground, many = await track.cleared(), track.sizes.stock
    await load(ground.mongo, "gateway.catalogue", stock.catalogue(many))
    track.say(f"{many:,} numbers loaded")
    token = await _prepared(ground)
    ports = {"gateway": free_port(), "bare": free_port()}
    edge = {"NUMBERBANK_HTTP_PORT": str(ports["gateway"]), "NUMBERBANK_HTTP_RATE": "1000000"}
    bare = ("-m", "tests.bench.bare_http", str(ports["bare"]), ground.mongo)
    async with running({**ground.env, **edge}, ("-m", "services.ops", "run", "gateway")), running(ground.env, bare):
        single = [f"/v1/numbers/{number}" for number in islice(stock.numbers(many), 0, None, max(1, many // ASKED))]
        return [
            *await _compared(track, "page of 50", ports, [_request(PAGE, token)]),
            *await _compared(track, "single number", ports, [_request(path, token) for path in single]),
        ]


async def _prepared(ground: Ground) -> str:
    """Make the collections, and a token; give its secret."""
    async with views(ground) as store:
        secret = secret_of(secrets.token_bytes(32))
        await Tokens(store).create(TokenWish(name="bench"), secret, SystemClock().now())
        return secret


async def _compared(track: Track, what: str, ports: Mapping[str, int], requests: Sequence[bytes]) -> list[Figure]:
    seconds = track.sizes.seconds / 4
    answers: dict[str, list[Answers]] = {name: [] for name in ports}
    for port in ports.values():
        await until_answered(port, requests[0])
        await hit(port, requests, CONNECTIONS, seconds / 4)
    for turn in range(2 * track.sizes.rounds):
        for name, port in list(ports.items())[:: -1 if turn % 2 else 1]:
            answers[name].append(await hit(port, requests, CONNECTIONS, seconds))
            track.say(f"{what}, {name}: {answers[name][-1].rate:,.0f}/s")
    ours, theirs = (max(each.rate for each in answers[name]) for name in ("gateway", "bare"))
    times = [time for each in answers["gateway"] for time in each.times]
    return [
        Figure(f"{what}: requests", ours, "/s"),
        Figure(f"{what}: p99", percentile(times, 0.99), "ms"),
        Figure(f"{what}: requests to bare", ratio(ours, theirs), at_least=0.7),
    ]


def _request(path: str, token: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n".encode()


RACES = (
    Race(
        "http", "requests to the gateway's HTTP API, beside a bare FastAPI handler of the same query", http, 3_600, None
    ),
)
