"""Files of numbers over HTTP: submitted, previewed, watched, approved by another token, undone; on real servers."""

import csv
import io
import json
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

import httpx
import pytest

from services.gateway.domain.job import ENDED
from services.gateway.http.reading import MOST_BYTES
from tests.integration.counter import ADD, Counter, code, wait_for

CSV = {"Content-Type": "text/csv; charset=utf-8"}
ADDED = [("verb", "add"), *(("data", f"{name}={value}") for name, value in ADD.items())]
_prefixes = count(6598000)


@pytest.fixture(scope="module")
def desk(counter: Counter) -> httpx.Client:
    return counter.operator("read", "manage", "bulk")


@pytest.fixture(scope="module")
def second(counter: Counter) -> httpx.Client:
    return counter.operator("bulk", "admin")


def table(*numbers: str) -> str:
    return "\n".join(("number", *numbers, ""))


def some(many: int) -> list[str]:
    prefix = next(_prefixes)
    return [f"+{prefix}{n:03}" for n in range(many)]


def submitted(desk: httpx.Client, content: str, *asked: tuple[str, str], status: int = 201) -> Any:
    answer = desk.post("/jobs", content=content, params=list(asked), headers=CSV)
    assert answer.status_code == status, answer.text
    return answer.json()


def ended(desk: httpx.Client, job: str) -> Any:
    return wait_for(lambda: (told := desk.get(f"/jobs/{job}").json())["state"] in ENDED and told)


def test_pages_of_what_was_imported_long_ago_follow_each_other_in_a_preset(desk: httpx.Client) -> None:
    numbers = some(5)
    rows = "\n".join(f"{number},available,2025-01-0{day}" for day, number in enumerate(numbers, 1))
    job = submitted(desk, f"number,state,since\n{rows}\n", ("verb", "import"), *ADDED[1:])["job"]
    assert ended(desk, job)["outcomes"] == {"accepted": 5}
    seen, page = list[str](), {"next": ""}
    while page["next"] is not None:
        cursor = {"cursor": page["next"]} if page["next"] else {}
        page = desk.get("/numbers", params={"preset": "stale", "limit": "2", **cursor}).json()
        seen += [each["number"] for each in page["numbers"]]
    assert seen == numbers
    for wrong in ("9.x", "x", "٣.x", "99999999999999999999.x"):
        answer = desk.get("/numbers", params={"preset": "stale", "cursor": wrong})
        assert "belongs to another search" in answer.json()["detail"]


def test_a_file_is_previewed_submitted_and_its_result_read(desk: httpx.Client) -> None:
    content = table(*(numbers := some(600)), "hello", numbers[0])
    plan = submitted(desk, content, *ADDED, ("dry_run", "true"), status=200)
    assert (plan["outcomes"], plan["rows"]) == ({"accepted": 600, "refused": 2}, 602)
    assert plan["examples"]["wrong_number"][0]["row"] == 602
    asked = [*ADDED, ("plan", plan["hash"]), ("file", "new.csv")]
    sent = desk.post("/jobs", content=content, params=asked, headers=CSV)
    job = sent.json()["job"]
    assert (sent.status_code, sent.headers["location"]) == (201, f"/v1/jobs/{job}")
    told = ended(desk, job)
    assert (told["state"], told["outcomes"], told["file"]) == ("done", plan["outcomes"], "new.csv")
    rows = list(csv.DictReader(io.StringIO(desk.get(f"/jobs/{job}/result").text)))
    assert [row["number"] for row in rows] == [*numbers, "hello", numbers[0]]
    assert [row["outcome"] for row in rows] == ["accepted"] * 600 + ["refused"] * 2
    lines = desk.get(f"/jobs/{job}/result", params={"format": "jsonl"}).text.splitlines()
    assert [json.loads(line)["row"] for line in lines] == list(range(2, 604))
    again = desk.post("/jobs", content=content, params=[*ADDED, ("plan", plan["hash"])], headers=CSV)
    assert code(again, 409) == "plan_changed"
    assert desk.get("/jobs", params={"limit": 2}).json()["jobs"][1]["job"] == job


def test_a_file_may_be_larger_than_other_bodies(desk: httpx.Client) -> None:
    content = table(*["+6598999000"] * (MOST_BYTES // 10))
    plan = submitted(desk, content, *ADDED, ("dry_run", "true"), status=200)
    assert len(content) > MOST_BYTES
    assert plan["codes"] == {"duplicate": MOST_BYTES // 10 - 1}


def test_a_slip_is_undone_and_many_deletes_need_another_token(desk: httpx.Client, second: httpx.Client) -> None:
    content = table(*some(120))
    ended(desk, submitted(desk, content, *ADDED)["job"])
    delete = (("verb", "delete"), ("data", "reason=faulty"), ("data", "remark=noise"))
    job = submitted(desk, content, *delete)["job"]
    assert desk.get(f"/jobs/{job}").json()["state"] == "awaiting_approval"
    assert code(desk.post(f"/jobs/{job}/approve"), 403) == "forbidden"
    assert second.post(f"/jobs/{job}/approve").json()["approved_by"] == "operator-bulk-admin"
    assert ended(desk, job)["outcomes"] == {"accepted": 120}
    assert code(desk.post(f"/jobs/{job}/pause"), 409) == "wrong_state"
    foreseen = desk.post(f"/jobs/{job}/undo", json={"dry_run": True})
    assert (foreseen.status_code, foreseen.json()["outcomes"]) == (200, {"accepted": 120})
    undone = desk.post(f"/jobs/{job}/undo", json={"plan": foreseen.json()["hash"]})
    assert (undone.status_code, undone.json()["undoes"]) == (201, job)
    assert ended(desk, undone.json()["job"])["outcomes"] == {"accepted": 120}
    mine = submitted(second, content, *delete)["job"]
    assert code(second.post(f"/jobs/{mine}/approve"), 409) == "wrong_state"
    key = {"Idempotency-Key": "stop"}
    assert code(second.post(f"/jobs/{mine}/pause", headers=key), 409) == "wrong_state"  # which binds no key
    assert second.post(f"/jobs/{mine}/cancel", headers=key).json()["state"] == "cancelled"
    again = second.post(f"/jobs/{mine}/cancel", headers=key)
    assert (again.status_code, again.json()["state"]) == (200, "cancelled")
    assert again.headers["Idempotency-Replayed"] == "true"
    assert code(second.post(f"/jobs/{mine}/cancel"), 409) == "wrong_state"
    assert code(second.post(f"/jobs/{mine}/resume", headers=key), 422) == "idempotency_key_reused"


def test_a_file_that_is_sent_again_with_its_key_makes_no_second_job(desk: httpx.Client) -> None:
    content, headers = table(*some(3)), CSV | {"Idempotency-Key": "once"}

    def sent(content: str) -> httpx.Response:
        return desk.post("/jobs", content=content, params=ADDED, headers=headers)

    first = sent(content)
    assert (first.status_code, "idempotency-replayed" in first.headers) == (201, False)
    told = ended(desk, first.json()["job"])
    again = sent(content)
    assert (again.status_code, again.headers["idempotency-replayed"]) == (201, "true")
    assert (again.json(), again.headers["location"]) == (told, first.headers["location"])
    assert code(sent(table(*some(3))), 422) == "idempotency_key_reused"


def test_of_many_who_send_one_file_with_one_key_at_once_all_hear_of_one_job(desk: httpx.Client) -> None:
    content, headers = table(*some(3)), CSV | {"Idempotency-Key": "at-once"}

    def sent(_: int) -> httpx.Response:
        return desk.post("/jobs", content=content, params=ADDED, headers=headers)

    with ThreadPoolExecutor(4) as together:
        answers = list(together.map(sent, range(4)))
    assert [answer.status_code for answer in answers] == [201] * 4
    [job] = {answer.json()["job"] for answer in answers}
    assert sorted("idempotency-replayed" in answer.headers for answer in answers) == [False, True, True, True]
    assert ended(desk, job)["outcomes"] == {"accepted": 3}


def test_what_is_wrong_is_said_and_orgs_have_no_jobs(desk: httpx.Client, counter: Counter) -> None:
    def wrong(content: str | bytes, status: int, *asked: tuple[str, str], **headers: str) -> Any:
        more = {**CSV, **{name.replace("_", "-"): value for name, value in headers.items()}}
        return code(desk.post("/jobs", content=content, params=list(asked), headers=more), status)

    release = ("verb", "release")
    assert wrong("number,colour\n", 422, release) == "wrong_file"
    assert wrong("number,remark\n+6531580001,\u00e9\n".encode("latin-1"), 422, release) == "wrong_file"
    assert wrong("", 422, release) == "wrong_file"
    assert wrong("number\n", 422) == "invalid_request"
    assert wrong("number\n", 422, ("verb", "praise")) == "invalid_request"
    assert wrong("number\n", 422, release, ("data", "colour=red")) == "invalid_request"
    assert wrong("number\n", 422, release, ("dry_run", "perhaps")) == "invalid_request"
    assert wrong("number\n", 415, release, Content_Type="text/html") == "unsupported_media_type"
    assert wrong(b"no parquet", 422, release, Content_Type="application/vnd.apache.parquet") == "wrong_file"
    assert code(desk.get("/jobs/nobody"), 404) == "unknown_job"
    assert code(desk.post("/jobs/nobody/undo", json={"colour": 1}), 404) == "unknown_job"
    acme = counter.org("acme", "read", "manage", "bulk")
    job = desk.get("/jobs").json()["jobs"][0]["job"]
    for way in (("GET", "/jobs"), ("GET", f"/jobs/{job}/result"), ("POST", f"/jobs/{job}/cancel")):
        assert code(acme.request(*way), 403) == "forbidden"
    assert code(acme.post("/jobs", content="number\n", params=[release], headers=CSV), 403) == "forbidden"
    assert code(counter.operator("read").get("/jobs"), 403) == "forbidden"
