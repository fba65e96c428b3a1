"""The HTTP edge while others fail: processes killed, Kafka away, the database away."""

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.integration.counter import ADD, Counter, code, open_counter, wait_for
from tests.integration.test_http import RESERVE, added


@pytest.fixture(scope="module")
def counter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counter]:
    with open_counter(tmp_path_factory.mktemp("counter")) as counter:
        yield counter


@pytest.fixture(scope="module")
def desk(counter: Counter) -> httpx.Client:
    return counter.operator()


def test_what_is_asked_again_is_done_once_whoever_is_killed_meanwhile(counter: Counter, desk: httpx.Client) -> None:
    second = counter.opened(counter.run("gateway"))
    numbers = [f"+65316000{n:02}" for n in range(40)]
    desk.post("/numbers", json={"numbers": numbers, **ADD})

    def reserve(number: str) -> tuple[int, str]:
        """Ask until there is an answer, each time over a new connection, to whichever process takes it."""

        key = {"Idempotency-Key": number}

        def asked() -> httpx.Response | None:
            with httpx.Client(base_url=desk.base_url, headers=desk.headers, timeout=10) as client:
                try:
                    answer = client.post(f"/numbers/{number}/reserve", json=RESERVE, headers=key)
                except httpx.HTTPError:
                    return None
            return answer if answer.status_code == 200 else None

        answers = [wait_for(asked) for _ in range(2)]
        assert answers[0].json() == answers[1].json()
        return answers[0].json()["version"], answers[1].headers.get("idempotency-replayed", "")

    with ThreadPoolExecutor(8) as several:
        asking = several.map(reserve, numbers)
        next(asking)
        second.kill()
        assert set(asking) == {(2, "true")}
    for number in numbers:
        assert len(desk.get(f"/numbers/{number}/history").json()["changes"]) == 2


def test_two_workers_share_a_port(counter: Counter, desk: httpx.Client) -> None:
    port = str(counter.port + 2)
    pair = counter.run("gateway", "--workers", "2", NUMBERBANK_HTTP_PORT=port)

    def served() -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{port}/v1/openapi.json").status_code == 200
        except httpx.HTTPError:
            return False

    wait_for(served)
    pair.process.terminate()
    wait_for(lambda: pair.process.poll() is not None)
    assert pair.process.returncode == 0


def test_a_port_in_use_is_said_in_one_sentence(counter: Counter) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        refused = counter.run("gateway", NUMBERBANK_HTTP_PORT=port)
        wait_for(lambda: refused.process.poll() is not None)
    assert refused.process.returncode == 2
    assert f"NUMBERBANK_HTTP_PORT {port} is in use or not allowed; name another one." in refused.log.read_text()


def test_while_kafka_is_away_one_reads_on_and_is_told_to_come_back_with_changes(
    counter: Counter, desk: httpx.Client
) -> None:
    number = added(desk)
    assert counter.stack.kafka is not None
    counter.stack.kafka.kill()
    try:
        way, headers = f"/numbers/{number}/reserve", {"Idempotency-Key": "while-away"}
        refused = desk.post(way, json=RESERVE, headers=headers)
        assert code(refused, 503) == "kafka_away"
        assert int(refused.headers["retry-after"]) > 0
        [command] = refused.json()["commands"]
        assert desk.get(f"/commands/{command}").json()["status"] == "pending"
        assert desk.get(f"/numbers/{number}").json()["state"] == "available"
        assert code(desk.get("/changes"), 503) == "kafka_away"
    finally:
        counter.stack.kafka.start()
    again = wait_for(lambda: (answer := desk.post(way, json=RESERVE, headers=headers)).status_code == 200 and answer)
    assert (again.json()["version"], again.headers["idempotency-replayed"]) == (2, "true")
    assert wait_for(lambda: desk.get(f"/commands/{command}").json()["status"] == "accepted")


def test_while_the_database_is_away_one_is_told_to_come_back(counter: Counter, desk: httpx.Client) -> None:
    number = added(desk)
    assert counter.stack.mongo is not None
    counter.stack.mongo.kill()
    try:
        refused = desk.get(f"/numbers/{number}")
        assert code(refused, 503) == "database_away"
        assert int(refused.headers["retry-after"]) > 0
    finally:
        counter.stack.mongo.start()
    wait_for(lambda: desk.get(f"/numbers/{number}").status_code == 200)
    headers = {"Idempotency-Key": "after"}
    wait_for(lambda: desk.post(f"/numbers/{number}/reserve", json=RESERVE, headers=headers).status_code == 200)


def test_no_line_and_no_figure_names_a_number_a_holder_or_a_token(counter: Counter, desk: httpx.Client) -> None:
    number = added(desk)
    desk.post(f"/numbers/{number}/reserve", json={"holder": {"org": "HOLDER-SENTINEL"}, "remark": "REMARK-SENTINEL"})
    desk.get("/numbers", headers={"Authorization": "Bearer nb_SENTINEL"})
    for process in counter.processes:
        said = process.log.read_text() + process._get("/metrics/")[1]
        for hidden in (number, number[1:], "SENTINEL", *counter.secrets.values()):
            assert hidden not in said
