"""Who is not let in is told why, and with exit code 4; and nothing that is said holds a secret."""

import asyncio
import re
from collections.abc import Mapping
from subprocess import CompletedProcess
from urllib.parse import quote

import pytest

from services.ops.stack.secured import SecuredKafka
from tests.security.guarded import SENTINEL, Guarded

TOGETHER = 3  # processes at once: most of them wait
OPEN = {"KAFKA_SASL_USERNAME": "", "KAFKA_SASL_PASSWORD": ""}


async def told(servers: Guarded, env: Mapping[str, str], *arguments: str) -> "CompletedProcess[str]":
    """Run a command that logs all it can, and see that it says nothing secret."""
    ran = await asyncio.to_thread(servers.run, *arguments, env={**env, "NUMBERBANK_LOG_LEVEL": "DEBUG"})
    for word in (SENTINEL, quote(SENTINEL, safe="")):
        assert word not in ran.stdout + ran.stderr
    assert "Traceback" not in ran.stderr
    return ran


async def refused(servers: Guarded, user: str, cases: Mapping[str, Mapping[str, str]], *arguments: str) -> None:
    """See that each case is refused with the sentence that is its name."""
    gate = asyncio.Semaphore(TOGETHER)

    async def one(sentence: str, changes: Mapping[str, str]) -> None:
        async with gate:
            ran = await told(servers, {**servers.env(user), **changes}, *arguments)
        assert re.search(sentence, ran.stderr), ran.stderr
        assert ran.returncode == 4
        assert len([line for line in ran.stderr.splitlines() if not line.startswith("{")]) == 1, ran.stderr

    await asyncio.gather(*(one(*case) for case in cases.items()))


def kafka_cases(servers: Guarded) -> dict[str, dict[str, str]]:
    port = servers.stack.env["KAFKA_BOOTSTRAP_SERVERS"].partition(":")[2]
    return {
        "refuses user 'auditor' and its password": {"KAFKA_SASL_PASSWORD": f"{SENTINEL} but wrong"},
        "does not take the mechanism that KAFKA_SASL_MECHANISM names": {"KAFKA_SASL_MECHANISM": "SCRAM-SHA-256"},
        "certificate that is not trusted": {"KAFKA_SSL_CAFILE": ""},
        "certificate that is not made for localhost": {"KAFKA_BOOTSTRAP_SERVERS": f"localhost:{port}"},
        r"what KAFKA_SECURITY_PROTOCOL names \(SSL\)": {**OPEN, "KAFKA_SECURITY_PROTOCOL": "SSL"},
        r"what KAFKA_SECURITY_PROTOCOL names \(PLAINTEXT\)": {
            **OPEN, "KAFKA_SECURITY_PROTOCOL": "PLAINTEXT", "KAFKA_SSL_CAFILE": "",
        },
    }  # fmt: skip


def mongo_cases(servers: Guarded) -> dict[str, dict[str, str]]:
    url = servers.env("auditor")["MONGODB_URL"]
    changed = {
        "MongoDB refuses user and password": url.replace("auditor:", "auditor:not"),
        "certificate that is not trusted": url.partition("&tlsCAFile")[0],
        "certificate that is not made for localhost": url.replace("@127.0.0.1", "@localhost"),
        "if it wants TLS, say tls=true": url.partition("&tls=")[0],
    }
    return {sentence: {"MONGODB_URL": each} for sentence, each in changed.items()}


async def test_the_command_line_says_why_kafka_does_not_let_it_in(servers: Guarded) -> None:
    await refused(servers, "auditor", kafka_cases(servers), "topics", "list")


async def test_the_command_line_says_why_mongodb_does_not_let_it_in(servers: Guarded) -> None:
    await refused(servers, "auditor", mongo_cases(servers), "timers")


async def test_a_service_says_why_it_is_not_let_in(servers: Guarded) -> None:
    kafka, mongo, auditor = kafka_cases(servers), mongo_cases(servers), servers.env("auditor")
    cases = {sentence: kafka[sentence] for sentence in list(kafka)[1:4]}
    cases |= {sentence: mongo[sentence] for sentence in list(mongo)[:3]}
    cases["The user in MONGODB_URL has no right to create"] = {"MONGODB_URL": auditor["MONGODB_URL"]}
    cases["denies a right to user 'auditor'"] = {name: auditor[name] for name in OPEN}
    other = servers.env("provisioning")
    cases["may not see it|denies a right to user 'provisioning'"] = {name: other[name] for name in OPEN}
    await refused(servers, "inventory", cases, "run", "inventory")


async def test_what_goes_well_says_no_secret_either(servers: Guarded) -> None:
    env = {**servers.env("auditor"), "SMTP_URL": f"smtp://auditor:{quote(SENTINEL, safe='')}@127.0.0.1:9"}
    for arguments in (["--help"], ["run", "--help"], ["topics", "list"], ["rights", "auditor"], ["timers"]):
        assert (await told(servers, env, *arguments)).returncode == 0


@pytest.mark.parametrize(("name", "code"), [("auditor", 0), ("stranger", 4)])
async def test_a_certificate_names_its_user_as_a_password_does(servers: Guarded, name: str, code: int) -> None:
    kafka = servers.stack.kafka
    assert isinstance(kafka, SecuredKafka)
    env = {
        **servers.env("auditor"), **OPEN,
        "KAFKA_BOOTSTRAP_SERVERS": f"127.0.0.1:{kafka.certificate_port}",
        "KAFKA_SECURITY_PROTOCOL": "SSL",
        "KAFKA_SSL_CERTFILE": str(servers.authority.certificate(name, name=name)),
    }  # fmt: skip
    ran = await told(servers, env, "lag")
    assert ran.returncode == code, ran.stderr
