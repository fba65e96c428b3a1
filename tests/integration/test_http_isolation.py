"""What an org may not see it cannot tell from what is not there, whichever way it asks."""

import httpx
import pytest

from services.gateway.http.actions import ADDRESSES
from services.gateway.http.examples import EXAMPLES
from tests.integration.counter import ADD, Counter, code

GOLDEN, OTHERS, PUBLIC, UNKNOWN = "+6567580001", "+6567580002", "+6567580003", "+6567580009"
LOOKS = ("", "/history", "/grade", "?as_of=2099-01-01T00:00:00Z")


@pytest.fixture(scope="module", autouse=True)
def stock(counter: Counter) -> None:
    desk = counter.operator()
    desk.post("/numbers", json={"numbers": GOLDEN, **ADD, "golden": True})
    desk.post("/numbers", json={"numbers": OTHERS, **ADD, "visible_to": ["beta.example"]})
    desk.post("/numbers", json={"numbers": PUBLIC, **ADD})
    held = {"holder": {"org": "beta"}, "remark": "SECRET-REMARK"}
    assert desk.post(f"/numbers/{PUBLIC}/reserve", json=held).status_code == 200


@pytest.fixture(scope="module")
def iota(counter: Counter) -> httpx.Client:
    return counter.org("iota", "read", "manage", "bulk")


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("foreign", [GOLDEN, OTHERS])
def test_a_foreign_number_looks_like_one_that_is_not_there(iota: httpx.Client, look: str, foreign: str) -> None:
    there, nowhere = (iota.get(f"/numbers/{number}{look}") for number in (foreign, UNKNOWN))
    assert code(there, 404) == code(nowhere, 404) == "unknown_number"
    assert there.text.replace(foreign, UNKNOWN) == nowhere.text


@pytest.mark.parametrize("address", [*ADDRESSES, None])
@pytest.mark.parametrize("foreign", [GOLDEN, OTHERS])
def test_nor_can_it_be_changed(iota: httpx.Client, address: str | None, foreign: str) -> None:
    def answer(number: str) -> httpx.Response:
        if address is None:
            return iota.patch(f"/numbers/{number}", json=EXAMPLES["number.update"])
        return iota.post(f"/numbers/{number}/{address}", json=EXAMPLES[f"number.{address.replace('-', '_')}"])

    there, nowhere = answer(foreign), answer(UNKNOWN)
    assert there.status_code == nowhere.status_code == (404 if address in ("reserve", "release") else 403)
    assert there.text.replace(foreign, UNKNOWN) == nowhere.text


def test_whoever_holds_a_public_number_is_not_told(iota: httpx.Client) -> None:
    for path in (f"/numbers/{PUBLIC}", f"/numbers/{PUBLIC}/history", "/numbers", "/numbers?q=6758"):
        answer = iota.get(path)
        assert answer.status_code == 200
        assert PUBLIC in answer.text
        for hidden in ("beta", "SECRET-REMARK", "operator", GOLDEN, OTHERS):
            assert hidden not in answer.text
    for about in ("owner=beta", "q=beta", "cause=manual", "sort=until", "charged=false"):
        assert iota.get(f"/numbers?{about}").json()["numbers"] == []
        assert iota.get(f"/facets?{about.replace('sort=until', 'owner=beta')}").json()["total"] == 0
    assert code(iota.get("/changes?owner=beta"), 403) == "forbidden"
    refused = iota.post(f"/numbers/{PUBLIC}/release", json={"remark": "r"})
    assert code(refused, 403) == "forbidden"
    taken = iota.post(f"/numbers/{PUBLIC}/reserve", json={"holder": {"org": "iota"}, "remark": "r"})
    assert code(taken, 409) == "invalid_transition"
    assert "beta" not in refused.text + taken.text


def test_what_is_for_operators_is_not_for_orgs(iota: httpx.Client) -> None:
    assert code(iota.post("/numbers", json={"numbers": UNKNOWN, **ADD}), 403) == "forbidden"
    for way in (("GET", "/tokens"), ("POST", "/tokens"), ("DELETE", "/tokens/operator")):
        assert code(iota.request(*way), 403) == "forbidden"


def test_without_a_token_there_is_nothing(counter: Counter) -> None:
    stranger = httpx.Client(base_url=f"http://127.0.0.1:{counter.port}/v1")
    with stranger:
        for path in ("/numbers", "/facets", f"/numbers/{PUBLIC}", "/commands/gw-1", "/tokens", "/nothing"):
            answer = stranger.get(path)
            assert code(answer, 401) == "unauthenticated"
            assert answer.headers["www-authenticate"].startswith("Bearer")
        assert stranger.get("/openapi.json").json()["openapi"] == "3.1.0"


GARBAGE = [
    b"", b"{", b"[]", b"null", b"\xff\xfe", b'"text"', b"[" * 50_000, b'{"remark": "\\ud800"}', b'{"remark": 1}',
    b'{"remark": "r", "remark": "r", "x": {}}', b'{"remark": "\\u0000"}', b"{}", b'{"remark": "' + b"r" * 600 + b'"}',
]  # fmt: skip


@pytest.mark.parametrize("body", GARBAGE, ids=lambda body: repr(body[:24]))
def test_garbage_is_refused_with_a_reason(counter: Counter, body: bytes) -> None:
    desk = counter.operator()
    answer = desk.post(f"/numbers/{PUBLIC}/release", content=body, headers={"Content-Type": "application/json"})
    assert code(answer, answer.status_code) in ("malformed_json", "invalid_request")


def test_requests_that_are_no_requests_are_refused_each_in_its_way(counter: Counter) -> None:
    desk = counter.operator()
    way = f"/numbers/{PUBLIC}/release"
    assert code(desk.post(way, content=b"remark=r", headers={"Content-Type": "text/plain"}), 415)
    assert code(desk.post(way, content=b"{}"), 415) == "unsupported_media_type"
    assert code(desk.patch(f"/numbers/{PUBLIC}", json={}), 422) == "invalid_request"
    large = b'{"remark": "' + b" " * (1 << 20) + b'"}'
    assert code(desk.post(way, content=large, headers={"Content-Type": "application/json"}), 413) == "body_too_large"
    parts = (large[at : at + 65_536] for at in range(0, len(large), 65_536))
    assert code(desk.post(way, content=parts, headers={"Content-Type": "application/json"}), 413) == "body_too_large"
    assert code(desk.get("/nothing"), 404) == "not_found"
    wrong = desk.delete("/numbers")
    assert code(wrong, 405) == "method_not_allowed"
    assert wrong.headers["allow"] == "GET, POST"
    for query in ("stat=1", "state=lost", "limit=0", "limit=x", "limit=1&limit=2", "golden=yes", "cursor=x", "preset=x",
                  "pattern=%2B%2B", "since_from=2026", "exactly=true", "q="):  # fmt: skip
        assert code(desk.get(f"/numbers?{query}"), 422) == "invalid_request"
    for number in ("12", "abc", "%2B65x", "+" + "1" * 16, "%00"):
        assert code(desk.get(f"/numbers/{number}"), 422) == "invalid_request"
    for path in ("/numbers/006567580003", "/numbers/%2B65%206758-0003"):
        assert desk.get(path).json()["number"] == PUBLIC
    assert [each["number"] for each in desk.get(f"/numbers?pattern={PUBLIC}").json()["numbers"]] == [PUBLIC]
    assert desk.get(f"/numbers?pattern=%2B{PUBLIC[3:]}").json()["numbers"] == [], "anchored: + is not lost"
    named = desk.get("/nothing", headers={"X-Request-Id": "abc-1"})
    assert named.headers["x-request-id"] == "abc-1"
    assert desk.get("/nothing", headers={"X-Request-Id": "a b"}).headers["x-request-id"] != "a b"
    many = f"{PUBLIC}," * 51
    assert code(desk.post("/numbers", json={"numbers": many, **ADD}), 422) == "invalid_request"


def test_large_answers_are_compressed_for_those_who_take_them(counter: Counter) -> None:
    desk = counter.operator()
    assert "content-encoding" not in desk.get("/numbers/" + PUBLIC).headers
    assert desk.get("/openapi.json").headers["content-encoding"] == "gzip"
    plain = desk.get("/openapi.json", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers


def test_who_asks_too_often_is_told_when_to_come_back(counter: Counter) -> None:
    slow = counter.opened(counter.run("gateway", NUMBERBANK_HTTP_PORT=str(counter.port + 1), NUMBERBANK_HTTP_RATE="1"))
    with counter.operator() as desk:
        answers = [desk.get(f"http://127.0.0.1:{counter.port + 1}/v1/numbers") for _ in range(4)]
    assert [each.status_code for each in answers[:3]] == [200, 200, 429]
    assert answers[2].headers["retry-after"] == "1"
    slow.kill()
