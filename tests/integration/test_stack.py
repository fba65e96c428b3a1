"""The local stack with its real parts: what it promises to tests, demo and command line."""

import hashlib
import json
import os
import signal
import smtplib
import socket
import subprocess
import sys
import threading
import time
import tomllib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from pymongo import MongoClient

from services.ops.stack import Mail, Part, Stack, StackError, find_stack, jars, local_stack
from services.ops.stack.daemon import docker_answers
from services.ops.stack.folder import LOCK, PREFIX, data_folder, sweep
from services.ops.stack.ports import free_port, is_free
from services.ops.stack.settings import Settings
from services.ops.stack.wire import is_usable

ROOT = Path(__file__).parents[2]


def quiet(line: str) -> None:
    """Say nothing of progress."""


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with local_stack(progress=quiet) as started:
        yield started


@pytest.fixture
def mail(stack: Stack) -> Iterator[Mail]:
    assert stack.mail is not None
    yield stack.mail
    stack.mail.accept()


def eventually(condition: Callable[[], bool], seconds: float = 10) -> bool:
    """Poll until `condition` holds; False if it does not in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False


def alive(pid: int) -> bool:
    """Tell whether a process exists and is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def produce(servers: str, topic: str, value: bytes) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=servers, acks="all", enable_idempotence=True)
    await producer.start()
    try:
        await producer.send_and_wait(topic, value)
    finally:
        await producer.stop()


async def create(servers: str, topic: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=servers)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(topic, 1, 1)])
    finally:
        await admin.close()


async def first_value(servers: str, topic: str) -> bytes:
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=servers, auto_offset_reset="earliest", group_id="reader")
    await consumer.start()
    try:
        record: Any = await consumer.getone()
        return bytes(record.value)
    finally:
        await consumer.stop()


def mongo(url: str) -> "MongoClient[dict[str, Any]]":
    return MongoClient(url, serverSelectionTimeoutMS=10_000)


def send(url: str, *recipients: str, subject: str = "hello") -> None:
    with smtplib.SMTP(*address(url), timeout=5) as client:
        client.sendmail("bank@example.org", recipients, f"Subject: {subject}\r\n\r\nbody\r\n")


def address(url: str) -> tuple[str, int]:
    host, _, port = url.removeprefix("smtp://").partition(":")
    return host, int(port)


async def test_kafka_keeps_a_record_while_it_is_killed_and_started_again(stack: Stack) -> None:
    assert stack.kafka is not None
    servers = stack.env["KAFKA_BOOTSTRAP_SERVERS"]
    await create(servers, "kept")
    await produce(servers, "kept", b"before")
    stack.kafka.kill()
    stack.kafka.start()
    assert await first_value(servers, "kept") == b"before"


def test_mongodb_keeps_what_a_transaction_wrote_while_it_is_killed_and_started_again(stack: Stack) -> None:
    assert stack.mongo is not None
    with mongo(stack.env["MONGODB_URL"]) as client:
        with client.start_session() as session, session.start_transaction():
            client.bank.numbers.insert_one({"_id": "+6531580001"}, session=session)
        stack.mongo.kill()
        stack.mongo.start()
        assert client.bank.numbers.find_one() == {"_id": "+6531580001"}


def test_a_transaction_left_open_ends_after_three_seconds(stack: Stack) -> None:
    with mongo(stack.env["MONGODB_URL"]) as client:
        limit = client.admin.command("getParameter", transactionLifetimeLimitSeconds=1)
    assert limit["transactionLifetimeLimitSeconds"] == 3


def test_the_mail_server_keeps_a_mail_with_its_envelope_over_a_kill(stack: Stack, mail: Mail) -> None:
    send(mail.url, "alice@example.org", "bob@example.org", subject="kept")
    mail.kill()
    mail.start()
    (kept,) = [message for message in mail.messages() if message["Subject"] == "kept"]
    assert kept["X-RcptTo"] == "alice@example.org, bob@example.org"
    assert kept["X-MailFrom"] == "bank@example.org"
    assert stack.maildir == mail.folder


def test_the_mail_server_refuses_whom_it_is_told_to(mail: Mail) -> None:
    mail.refuse("bob@example.org", 550)
    send(mail.url, "alice@example.org", subject="welcome")
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        send(mail.url, "bob@example.org")
    assert refused.value.recipients["bob@example.org"][0] == 550
    mail.refuse()
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        send(mail.url, "alice@example.org")
    assert refused.value.recipients["alice@example.org"][0] == 451
    mail.accept()
    send(mail.url, "bob@example.org")


@pytest.mark.parametrize("name", ["kafka", "mongo", "mail"])
def test_every_part_stops_in_order_and_starts_again_on_its_port(stack: Stack, name: str) -> None:
    part: Part = getattr(stack, name)
    url, pid = part.url, part.pid
    part.stop()
    assert not alive(pid)
    with pytest.raises(StackError, match="not running"):
        _ = part.pid
    part.start()
    assert part.url == url
    assert part.pid != pid


def test_a_paused_kafka_is_silent_until_it_is_resumed(stack: Stack) -> None:
    assert stack.kafka is not None
    port = int(stack.kafka.url.rpartition(":")[2])
    stack.kafka.pause()
    assert not is_usable(port)
    stack.kafka.resume()
    assert eventually(lambda: is_usable(port))


def test_a_paused_part_can_be_stopped(mail: Mail) -> None:
    mail.pause()
    mail.stop()
    mail.start()
    send(mail.url, "alice@example.org")


def test_parts_live_on_when_the_thread_that_started_them_ends(mail: Mail) -> None:
    mail.stop()
    starter = threading.Thread(target=mail.start)
    starter.start()
    starter.join()
    send(mail.url, "alice@example.org")


PARENT = """
import json, signal
from services.ops.stack import local_stack
with local_stack() as stack:
    print(json.dumps([part.pid for part in stack.parts]), flush=True)
    signal.pause()
"""


def test_nothing_outlives_a_parent_that_is_killed(tmp_path: Path) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT], stdout=subprocess.PIPE, cwd=ROOT, env=os.environ | {"TMPDIR": str(tmp_path)}
    )
    with parent:
        assert parent.stdout is not None
        pids = json.loads(parent.stdout.readline())
        assert len(pids) == 3
        assert all(alive(pid) for pid in pids)
        parent.send_signal(signal.SIGKILL)
    assert eventually(lambda: not any(alive(pid) for pid in pids))

    (left_over,) = tmp_path.glob(f"{PREFIX}*")
    os.utime(left_over / LOCK, (0, 0))
    sweep(tmp_path)
    assert not left_over.exists()


async def test_a_named_folder_is_kept_and_used_again_on_other_ports(tmp_path: Path) -> None:
    with local_stack(data=tmp_path, progress=quiet) as first:
        await create(first.env["KAFKA_BOOTSTRAP_SERVERS"], "kept")
        await produce(first.env["KAFKA_BOOTSTRAP_SERVERS"], "kept", b"first stack")
        with mongo(first.env["MONGODB_URL"]) as client:
            client.bank.numbers.insert_one({"_id": 1})
        send(first.env["SMTP_URL"], "alice@example.org")
    with local_stack(data=tmp_path, progress=quiet) as second:
        assert set(second.env.values()).isdisjoint(first.env.values())
        assert await first_value(second.env["KAFKA_BOOTSTRAP_SERVERS"], "kept") == b"first stack"
        with mongo(second.env["MONGODB_URL"]) as client:
            assert client.bank.numbers.find_one() == {"_id": 1}
        assert second.mail is not None
        assert len(second.mail.messages()) == 1


def test_ports_can_be_named() -> None:
    port = free_port()
    with local_stack(kafka=False, mongo=False, smtp_port=port, progress=quiet) as named:
        assert named.env == {"SMTP_URL": f"smtp://127.0.0.1:{port}"}


def test_a_port_in_use_is_said_in_one_sentence_and_nothing_stays_behind() -> None:
    mongo_port = free_port()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        wanted = local_stack(kafka=False, smtp_port=port, mongo_port=mongo_port, progress=quiet)
        with pytest.raises(StackError, match=f"mail cannot use port {port}.*another process"), wanted:
            pass
    assert is_free(mongo_port)


def test_a_temporary_folder_is_removed_at_the_end() -> None:
    with local_stack(kafka=False, mongo=False, progress=quiet) as temporary:
        assert temporary.maildir.exists()
    assert not temporary.maildir.parent.exists()


def test_two_stacks_do_not_share_a_folder(tmp_path: Path) -> None:
    with data_folder(tmp_path), pytest.raises(StackError, match="Another stack uses"), data_folder(tmp_path):
        pass


def fake_mongod(folder: Path, script: str) -> dict[str, str]:
    """Return an environment whose mongod is a shell script."""
    program = folder / "mongod"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return dict(os.environ) | {"PATH": f"{folder}:/usr/bin:/bin"}


def start_mongo(environ: dict[str, str]) -> None:
    with local_stack(kafka=False, mail=False, progress=quiet, environ=environ):
        pass


@pytest.mark.parametrize(
    ("complaint", "said"),
    [
        ("mongod: error while loading shared libraries: libcurl.so.4: cannot open", "library libcurl.so.4.*apt-get"),
        ("mongod: /lib/libc.so.6: version `GLIBC_2.34' not found (required by mongod)", "glibc 2.34 or newer"),
    ],
)
def test_what_mongodb_misses_of_the_system_is_named(tmp_path: Path, complaint: str, said: str) -> None:
    (tmp_path / "complaint").write_text(complaint)
    environ = fake_mongod(tmp_path, f"cat {tmp_path}/complaint >&2; exit 127")
    with pytest.raises(StackError, match=said):
        start_mongo(environ)


def test_a_part_that_ends_while_starting_is_reported_with_the_end_of_its_log(tmp_path: Path) -> None:
    environ = fake_mongod(tmp_path, '[ "$1" = --version ] && exit 0; echo "the disk is full"; exit 3')
    with pytest.raises(StackError, match=r"MongoDB ended while starting \(exit code 3\)(.|\n)*the disk is full"):
        start_mongo(environ)


def test_servers_named_in_the_environment_are_taken_and_only_a_mail_server_is_started() -> None:
    environ = {"KAFKA_BOOTSTRAP_SERVERS": "kafka.example.org:9092", "MONGODB_URL": "mongodb://db.example.org"}
    with find_stack(environ=environ, progress=quiet) as found:
        assert found.env.items() >= environ.items()
        assert (found.kafka, found.mongo) == (None, None)
        send(found.env["SMTP_URL"], "alice@example.org")
    with find_stack(environ=environ | {"SMTP_URL": "smtp://mail.example.org:25"}, progress=quiet) as found:
        assert found.env["SMTP_URL"] == "smtp://mail.example.org:25"
        assert found.parts == []


def test_half_an_environment_is_not_used_and_that_is_said(tmp_path: Path) -> None:
    said: list[str] = []
    environ = fake_mongod(tmp_path, "exit 1") | {"KAFKA_BOOTSTRAP_SERVERS": "k:9092", "DOCKER_HOST": "unix:///nowhere"}
    with pytest.raises(StackError), find_stack(environ=environ, progress=said.append):
        pass
    assert said[0] == "KAFKA_BOOTSTRAP_SERVERS is set but MONGODB_URL is not: neither is used"


class Mirror(ThreadingHTTPServer):
    """A Maven repository with one jar, and a list of what was fetched from it."""

    def __init__(self, root: Path) -> None:
        fetched: list[str] = []

        class Handler(SimpleHTTPRequestHandler):
            def __init__(self, *arguments: Any) -> None:
                super().__init__(*arguments, directory=str(root))

            def log_message(self, format: str, *arguments: Any) -> None:
                fetched.append(self.path)

        super().__init__(("127.0.0.1", 0), Handler)
        self.fetched = fetched
        self.url = f"http://127.0.0.1:{self.server_port}"


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mirror]:
    content = b"not much of a jar"
    folder = tmp_path / "repository/org/example/thing/1.0"
    folder.mkdir(parents=True)
    (folder / "thing-1.0.jar").write_bytes(content)
    lock_file = tmp_path / "lock.toml"
    digest = hashlib.sha256(content).hexdigest()
    names = 'groupId = "org.example"\nartifactId = "thing"\nversion = "1.0"'
    lock_file.write_text(f'[[dependencies]]\n{names}\nsha256 = "{digest}"\n')
    monkeypatch.setattr(jars, "LOCK_FILE", lock_file)
    with Mirror(tmp_path / "repository") as served:
        threading.Thread(target=served.serve_forever, daemon=True).start()
        yield served
        served.shutdown()


def fetch(mirror: Mirror, cache: Path) -> list[Path]:
    environ = {"XDG_CACHE_HOME": str(cache), "NUMBERBANK_MAVEN": mirror.url}
    return jars.fetch_jars(Settings.read(environ), quiet)


def test_jars_are_downloaded_once_however_many_ask_for_them(mirror: Mirror, tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: fetch(mirror, tmp_path / "cache"), range(4)))
    assert all(answer == answers[0] for answer in answers)
    assert [file.read_bytes() for file in answers[0]] == [b"not much of a jar"]
    assert len([path for path in mirror.fetched if path.endswith(".jar")]) == 1


def test_a_jar_that_is_not_the_one_we_know_is_refused_and_not_kept(mirror: Mirror, tmp_path: Path) -> None:
    (jar,) = (tmp_path / "repository").rglob("*.jar")
    jar.write_bytes(b"tampered with")
    with pytest.raises(StackError, match="not the Kafka we know"):
        fetch(mirror, tmp_path / "cache")
    assert list((tmp_path / "cache").rglob("*.jar")) == []


def test_a_repository_that_cannot_be_reached_is_said_in_a_sentence(mirror: Mirror, tmp_path: Path) -> None:
    (jar,) = (tmp_path / "repository").rglob("*.jar")
    jar.unlink()
    with pytest.raises(StackError, match="Kafka cannot be downloaded"):
        fetch(mirror, tmp_path / "cache")


def test_the_lock_file_knows_every_jar_by_its_hash_and_names_no_host() -> None:
    text = jars.LOCK_FILE.read_text()
    locked = tomllib.loads(text)["dependencies"]
    assert len(locked) == 46
    assert all(len(entry["sha256"]) == 64 for entry in locked)
    assert "://" not in text


def test_a_docker_without_a_daemon_is_noticed_at_once(tmp_path: Path) -> None:
    begun = time.monotonic()
    assert not docker_answers({"DOCKER_HOST": f"unix://{tmp_path}/docker.sock"})
    with socket.socket(socket.AF_UNIX) as mute:  # accepts, and never answers
        mute.bind(f"{tmp_path}/mute.sock")
        mute.listen()
        assert not docker_answers({"DOCKER_HOST": f"unix://{tmp_path}/mute.sock"})
    assert time.monotonic() - begun < 6
