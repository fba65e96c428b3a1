"""The number desk over HTTP, on real servers: a day at it, and who may see and do what."""

import json
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

import httpx
import pytest

from services.gateway.http.actions import ADDRESSES
from services.gateway.http.examples import EXAMPLES
from tests.integration.counter import ADD, Counter, code, wait_for

RESERVE = {"holder": {"org": "acme"}, "remark": "for the fair"}
_numbers = count(6531580000)


@pytest.fixture(scope="module")
def desk(counter: Counter) -> httpx.Client:
    return counter.operator()


@pytest.fixture(scope="module")
def acme(counter: Counter) -> httpx.Client:
    return counter.org("acme")


def added(desk: httpx.Client, **more: Any) -> str:
    """Add a new number, and give it."""
    number = f"+{next(_numbers)}"
    [result] = desk.post("/numbers", json={"numbers": number, **ADD, **more}).json()["results"]
    assert result["outcome"] == "accepted", result
    return number


def test_a_day_at_the_desk(desk: httpx.Client) -> None:
    one, two = f"+{next(_numbers)}", f"+{next(_numbers)}"
    people = f"{one[:5]} {one[5:]}, 00{two[1:]}, {two}, 12"
    results = desk.post("/numbers", json={"numbers": people, **ADD}).json()["results"]
    assert [(each["outcome"], each["code"]) for each in results] == [
        ("accepted", None), ("accepted", None), ("rejected", "duplicate"), ("rejected", "malformed_number"),
    ]  # fmt: skip
    found = desk.get("/numbers", params={"pattern": one, "state": "available,reserved"}).json()
    assert [each["number"] for each in found["numbers"]] == [one]
    reserved = desk.post(f"/numbers/{one}/reserve", json=RESERVE, headers={"If-Match": '"1"'})
    assert (reserved.status_code, reserved.headers["etag"], reserved.json()["state"]) == (200, '"2"', "reserved")
    assert desk.get("/numbers", params={"owner": "acme", "pattern": one}).json()["numbers"] == [reserved.json()]
    assert desk.get(f"/numbers/{one}", headers={"If-None-Match": 'W/"2"'}).status_code == 304
    assert code(desk.post(f"/numbers/{one}/reserve", json=RESERVE), 409) == "invalid_transition"
    assert code(desk.post("/numbers/+6599999999/reserve", json=RESERVE), 404) == "unknown_number"
    assigned = desk.post(f"/numbers/{one}/assign", json={"subscription": "S-1"}).json()
    assert (assigned["state"], assigned["subscription"], assigned["holder"]["org"]) == ("assigned", "S-1", "acme")
    cleared = desk.patch(f"/numbers/{one}", json={"routing": None, "capabilities": ["voice", "sms"]}).json()
    assert (cleared["routing"], cleared["capabilities"]) == (None, ["voice", "sms"])
    changes = desk.get(f"/numbers/{one}/history").json()["changes"]
    assert [each["data"]["version"] for each in changes] == [4, 3, 2, 1]
    assert changes[0]["actor"].startswith("operator")
    then = desk.get(f"/numbers/{one}", params={"as_of": changes[2]["time"]}).json()
    assert then == reserved.json()
    counted = desk.get("/facets", params={"pattern": one}).json()
    assert (counted["total"], counted["facets"]["state"], counted["approximate"]) == (1, {"assigned": 1}, False)
    assert desk.get(f"/numbers/{one}/grade").json()["number"] == one


@pytest.mark.parametrize("address", [*ADDRESSES, None])
def test_every_command_of_the_contract_has_its_address(desk: httpx.Client, address: str | None) -> None:
    number = added(desk)
    data = EXAMPLES["number.update" if address is None else f"number.{address.replace('-', '_')}"]
    way = ("PATCH", f"/numbers/{number}") if address is None else ("POST", f"/numbers/{number}/{address}")
    answer = desk.request(*way, json=data)
    if answer.status_code != 200:
        assert code(answer, 409) in ("invalid_transition", "changed_since", "unknown_cause")
    unknown = desk.request(*way, json={**data, "holdr": 1})
    assert code(unknown, 422) == "invalid_request"
    assert unknown.json()["errors"][0]["field"] == "holdr"
    assert code(desk.request(*way, json={**data, "expected_version": 1}), 422) == "invalid_request"


def test_what_one_has_changed_is_found_at_once(desk: httpx.Client) -> None:
    for _ in range(20):
        number = added(desk)
        assert desk.post(f"/numbers/{number}/lock", json={"remark": "r", "until": None}).status_code == 200
        found = desk.get("/numbers", params={"state": "locked", "pattern": number}).json()["numbers"]
        assert [each["version"] for each in found] == [2]


def test_of_many_who_expect_the_same_version_one_is_heard(desk: httpx.Client) -> None:
    number = added(desk)
    with ThreadPoolExecutor(8) as several:
        answers = list(several.map(
            lambda n: desk.patch(f"/numbers/{number}", json={"routing": f"r{n}"}, headers={"If-Match": '"1"'}), range(8)
        ))  # fmt: skip
    assert sorted(each.status_code for each in answers) == [200] + [412] * 7
    assert code(next(each for each in answers if each.status_code == 412), 412) == "version_mismatch"
    for wrong in ("7", 'W/"7"', '"7", "8"', '"seven"', ""):
        headers = {"If-Match": wrong}
        assert code(desk.patch(f"/numbers/{number}", json={"golden": True}, headers=headers), 422) == "invalid_request"


def test_a_request_with_a_key_is_done_once(desk: httpx.Client, counter: Counter) -> None:
    number, headers = added(desk), {"Idempotency-Key": "today"}
    with ThreadPoolExecutor(8) as several:
        answers = list(several.map(
            lambda _: desk.post(f"/numbers/{number}/reserve", json=RESERVE, headers=headers), range(8)
        ))  # fmt: skip
    assert {each.status_code for each in answers} == {200}
    assert {each.text for each in answers} == {answers[0].text}
    assert sum("idempotency-replayed" not in each.headers for each in answers) == 1
    assert code(desk.post(f"/numbers/{number}/release", json=RESERVE, headers=headers), 422) == "invalid_request"
    other = desk.post(f"/numbers/{number}/release", json={"remark": "r"}, headers=headers)
    assert code(other, 422) == "idempotency_key_reused"
    elsewhere = counter.operator("read", "manage").post(f"/numbers/{number}/reserve", json=RESERVE, headers=headers)
    assert code(elsewhere, 409) == "invalid_transition", "another token's key is another key"
    for _ in range(2):
        again = desk.post(f"/numbers/{number}/reserve", json=RESERVE, headers={"Idempotency-Key": "refused"})
        assert code(again, 409) == "invalid_transition"
    assert again.headers["idempotency-replayed"] == "true"
    numbers = {"numbers": [f"+{next(_numbers)}" for _ in range(3)], **ADD}
    first, second = (desk.post("/numbers", json=numbers, headers={"Idempotency-Key": "add"}) for _ in range(2))
    assert first.json() == second.json()
    assert second.headers["idempotency-replayed"] == "true"


def test_who_does_not_wait_asks_later(desk: httpx.Client, acme: httpx.Client) -> None:
    number = added(desk)
    sent = desk.post(f"/numbers/{number}/reserve", json=RESERVE, headers={"Prefer": "wait=0"})
    assert (sent.status_code, sent.json()["status"]) == (202, "pending")
    place = sent.headers["location"].removeprefix("/v1")
    told = wait_for(lambda: (said := desk.get(place).json())["status"] != "pending" and said)
    assert (told["status"], told["event"], told["number"]) == ("accepted", "number.reserved", number)
    assert code(acme.get(place), 404) == "not_found"
    assert code(desk.get("/commands/gw-1"), 404) == "not_found"
    assert "/v1/jobs/7d1f0c0a93a4/result" in desk.get("/commands/gw-7d1f0c0a93a4-0-3").json()["detail"]
    assert code(desk.post(f"/numbers/{number}/release", json={}, headers={"Prefer": "wait=31"}), 422)


def test_of_many_who_choose_the_name_of_a_token_at_once_one_has_it(desk: httpx.Client) -> None:
    def made(_: int) -> httpx.Response:
        return desk.post("/tokens", json={"name": "at-once"})

    with ThreadPoolExecutor(8) as together:
        answers = list(together.map(made, range(8)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7
    assert [each["name"] for each in desk.get("/tokens").json()["tokens"]].count("at-once") == 1


def test_tokens_are_made_shown_once_and_revoked(counter: Counter, desk: httpx.Client) -> None:
    wish = {"name": "beta-portal", "org": "beta", "scopes": ["read"]}
    made = desk.post("/tokens", json=wish)
    assert (made.status_code, made.headers["cache-control"]) == (201, "no-store")
    assert code(desk.post("/tokens", json=wish), 409) == "name_taken"
    beta = {"Authorization": f"Bearer {made.json()['token']}"}
    assert desk.get("/numbers", headers=beta).status_code == 200
    refused = desk.post("/numbers", headers=beta, json={"numbers": "+6531580001", **ADD})
    assert code(refused, 403) == "forbidden"
    assert 'scope="manage"' in refused.headers["www-authenticate"]
    assert made.json()["token"] not in desk.get("/tokens").text
    listed = [json.loads(line) for line in counter.cli("token", "list", "--json").splitlines()]
    assert {**wish, "domains": []}.items() <= next(each for each in listed if each["name"] == "beta-portal").items()
    counter.cli("token", "revoke", "beta-portal")
    counter.cli("token", "revoke", "nobody", expect=1)
    wait_for(lambda: desk.get("/numbers", headers=beta).status_code == 401, 3)
    assert desk.delete("/tokens/beta-portal").status_code == 204
    assert code(desk.delete("/tokens/nobody"), 404) == "not_found"


def test_an_org_reserves_and_releases_what_is_offered_to_it(desk: httpx.Client, acme: httpx.Client) -> None:
    number = added(desk, visible_to=["acme.example"])
    assert code(acme.post(f"/numbers/{number}/reserve", json={**RESERVE, "holder": {"org": "beta"}}), 403)
    assert acme.post(f"/numbers/{number}/reserve", json=RESERVE).json()["holder"] == {"org": "acme", "kind": "customer"}
    extend = {"did_reservation": "R-1", "holder": {"org": "acme"}, "until": "2099-01-01T00:00:00Z"}
    assert code(acme.post(f"/numbers/{number}/extend", json=extend), 403) == "forbidden"
    stale = acme.post(f"/numbers/{number}/release", json={"remark": "r"}, headers={"If-Match": '"1"'})
    assert code(stale, 412) == "version_mismatch"
    released = acme.post(f"/numbers/{number}/release", json={"remark": "r"})
    assert (released.json()["state"], released.json()["remark"]) == ("available", None)
