"""Exports and live changes over HTTP."""

import csv
import io
import json
import signal
import socket
import threading
from collections.abc import Iterator
from functools import partial
from typing import Any

import httpx
import openpyxl
import pyarrow.parquet as pq
import pytest

from tests.integration.counter import ADD, Counter, code, open_counter, wait_for
from tests.integration.test_http import RESERVE, added

STOCK = [f"+65315900{n:02}" for n in range(50)]


@pytest.fixture(scope="module")
def counter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counter]:
    with open_counter(tmp_path_factory.mktemp("counter")) as counter:
        results = counter.operator().post("/numbers", json={"numbers": STOCK, **ADD}).json()["results"]
        assert {each["outcome"] for each in results} == {"accepted"}
        yield counter


class Reader:
    """Follows changes in a thread of its own, as a browser would: when it loses its stream it goes on elsewhere."""

    def __init__(self, client: httpx.Client, query: str = "") -> None:
        self.client, self.query = client, query
        self.events: list[dict[str, Any]] = []
        self.last: str | None = None
        self.stopped = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        wait_for(lambda: self.last)

    def _run(self) -> None:
        while not self.stopped:
            try:
                self._follow()
            except httpx.HTTPError:
                continue

    def _follow(self) -> None:
        headers = {} if self.last is None else {"Last-Event-ID": self.last}
        with self.client.stream("GET", f"/changes{self.query}", headers=headers, timeout=5) as answer:
            if answer.status_code != 200:
                return
            assert answer.headers["content-type"].startswith("text/event-stream")
            data = None
            for line in answer.iter_lines():
                field, _, value = line.partition(": ")
                if field == "id":
                    place = value
                elif field == "data":
                    data = json.loads(value)
                elif not line:  # an event is whole with its empty line, and only then has been read
                    self.last = place
                    self.events += [] if data is None else [data]
                    data = None
                if self.stopped:
                    return

    def versions(self) -> list[tuple[str, int]]:
        return [(each["subject"], each["data"]["version"]) for each in self.events]


@pytest.mark.parametrize("format", ["csv", "jsonl", "xlsx", "parquet"])
def test_an_export_has_what_a_search_finds(counter: Counter, format: str) -> None:
    desk = counter.operator()
    answer = desk.get("/export", params={"format": format, "pattern": "+65315900"})
    assert answer.headers["content-disposition"] == f'attachment; filename="numbers.{format}"'
    content = io.BytesIO(answer.content)
    rows: dict[str, Any] = {
        "csv": lambda: [row["number"] for row in csv.DictReader(answer.text.splitlines())],
        "jsonl": lambda: [json.loads(line)["number"] for line in answer.text.splitlines()],
        "xlsx": lambda: [row[0] for row in openpyxl.load_workbook(content).active.values][1:],  # type: ignore[union-attr]
        "parquet": lambda: pq.read_table(content).column("number").to_pylist(),
    }
    assert rows[format]() == STOCK
    assert desk.get("/export", params={"format": format, "pattern": "+1"}).status_code == 200


def test_an_export_that_cannot_be_meant_is_a_problem(counter: Counter) -> None:
    desk = counter.operator()
    for query in ("", "?format=doc", "?format=csv&sort=since", "?format=csv&state=lost"):
        assert code(desk.get(f"/export{query}"), 422) == "invalid_request"


def test_an_org_exports_and_follows_what_it_may_see(counter: Counter) -> None:
    desk, acme = counter.operator(), counter.org("acme")
    hidden, offered = added(desk, visible_to=["beta.example"]), added(desk, visible_to=["acme.example"])
    exported = acme.get("/export?format=jsonl").text
    assert offered in exported
    assert hidden not in exported
    reader = Reader(acme)
    for number in (hidden, offered):
        assert desk.post(f"/numbers/{number}/reserve", json=RESERVE | {"holder": {"org": "gamma"}}).status_code == 200
    wait_for(lambda: reader.versions() == [(offered, 2)])
    assert "gamma" not in json.dumps(reader.events)
    assert "actor" not in reader.events[0]
    reader.stopped = True


def test_who_does_not_read_keeps_nobody_waiting(counter: Counter) -> None:
    desk = counter.operator()
    request = f"GET /v1/changes HTTP/1.1\r\nHost: x\r\nAuthorization: {desk.headers['authorization']}\r\n\r\n"
    idle = []
    for _ in range(5):
        idle.append(socket.create_connection(("127.0.0.1", counter.port)))
        idle[-1].sendall(request.encode())
    number = added(desk)
    for turn in range(10):
        assert desk.patch(f"/numbers/{number}", json={"routing": f"r{turn}"}).status_code == 200
    for each in idle:
        each.close()


def test_a_stream_ends_when_its_token_is_revoked(counter: Counter) -> None:
    desk, made = counter.operator(), {"name": "follower", "scopes": ["read"]}
    token = desk.post("/tokens", json=made).json()["token"]
    headers = {"Authorization": f"Bearer {token}"}
    with desk.stream("GET", "/changes", headers=headers, timeout=20) as answer:
        assert answer.status_code == 200
        assert desk.delete("/tokens/follower").status_code == 204
        assert all(not line.startswith("data") for line in answer.iter_lines()), "and it has an end"


def test_changes_are_followed_by_number_and_by_owner(counter: Counter) -> None:
    desk = counter.operator()
    one, two = added(desk), added(desk)
    by_number, by_owner = Reader(desk, f"?number={one.replace('+', '00')}"), Reader(desk, "?owner=delta")
    for number in (two, one):
        held = {"holder": {"org": "delta"}, "remark": "r"}
        shown = desk.post(f"/numbers/{number}/reserve", json=held).json()
    wait_for(lambda: by_number.versions() == [(one, 2)] and by_owner.versions() == [(two, 2), (one, 2)])
    assert by_number.events[0]["data"] == shown
    assert by_number.events[0]["type"] == "number.reserved"
    for reader in (by_number, by_owner):
        reader.stopped = True
    for wrong in ("x", "W10", "WzEsMSwxLDFd" * 3, "Wzk5OTk5OSwwLDAsMF0"):
        assert code(desk.get("/changes", headers={"Last-Event-ID": wrong}), 422) == "unknown_place"
    assert code(desk.get("/changes?number=12"), 422) == "invalid_request"


def test_a_stream_goes_on_after_a_kill_without_gap_or_repeat(counter: Counter) -> None:
    desk = counter.operator()
    second = counter.opened(counter.run("gateway"))
    first = next(each for each in counter.processes if "gateway" in each.log.name)
    numbers = [added(desk) for _ in range(4)]
    reader = Reader(desk, "?number=" + ",".join(each.replace("+", "00") for each in numbers))

    def change(turn: int) -> None:
        for number in numbers:
            wait_for(partial(_patched, desk, number, turn))

    for turn in range(4):
        change(turn)
    first.kill()
    for turn in range(4, 8):
        change(turn)
    counter.opened(counter.run("gateway"))
    second.kill()
    for turn in range(8, 12):
        change(turn)
    wait_for(lambda: len(reader.events) >= 4 * 12)
    for number in numbers:
        assert [version for subject, version in reader.versions() if subject == number] == list(range(2, 14))
    reader.stopped = True


def _patched(desk: httpx.Client, number: str, turn: int) -> bool:
    """Change a number once, whoever is killed meanwhile."""
    headers = {"Idempotency-Key": f"{number}/{turn}"}
    try:
        return desk.patch(f"/numbers/{number}", json={"routing": f"r{turn}"}, headers=headers).status_code == 200
    except httpx.HTTPError:
        return False


def test_there_is_room_for_so_many_streams_and_they_end_with_the_process(counter: Counter) -> None:
    port = str(counter.port + 1)
    alone = counter.opened(counter.run("gateway", NUMBERBANK_HTTP_PORT=port, NUMBERBANK_HTTP_STREAMS="1"))
    desk = counter.operator()
    url = f"http://127.0.0.1:{port}/v1/changes"
    with desk.stream("GET", url) as stream:
        lines = stream.iter_lines()
        assert next(lines) == "retry: 2000"
        busy = desk.get(url)
        assert code(busy, 503) == "busy"
        assert busy.headers["retry-after"]
        alone.signal(signal.SIGTERM)
        assert [line for line in lines if not line.startswith("id: ")] == [""], "it ends as a whole answer does"
    assert wait_for(lambda: alone.process.poll() is not None)
    assert alone.process.returncode == 0
