"""What operators see of a story that four real services live through: logs, figures, and one trace."""

import asyncio
import json
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, NamedTuple
from urllib.request import urlopen

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from ruamel.yaml import YAML

from services.chassis.partitions import home
from services.gateway.http.figures import Figures
from services.ops.stack import local_stack
from services.ops.topics import create_topics
from tests.integration.bank import PARTITIONS, ROOT, Bank, envelope
from tests.integration.collector import Collector, collector
from tests.road.worlds import until

NUMBER, SPARE, LOCKED = "+6531580001", "+6531580002", "+6531580003"
ORG, STRANGER = "acme-holding", "nobody-known"
SECRETS = (ORG, STRANGER, "acme-billing", "zeta-help", "@", NUMBER[1:], SPARE[1:], LOCKED[1:])
TOLD = {
    (ORG, "reservation_expiring"),
    *((org, template) for org in ("zeta", "platform") for template in ("lock_expiring", "lock_expired")),
}
TRACE = "0af7651916cd43dd8448eb211c80319c"
SERVICES = ("inventory", "provisioning", "lifecycle-timer", "notification")
NAMED = re.compile(r"\b(?:numberbank|process)_[a-z_]+")
PARTS = {"histogram": ("_bucket", "_count", "_sum")}
OBSERVE = ROOT / "deploy" / "observe"


class Seen(NamedTuple):
    """What was left of the story."""

    logs: dict[str, str]
    figures: dict[str, str]
    spans: list[Any]
    raw: bytes

    def figure(self, service: str, text: str) -> float:
        """Give the value of one line of a service's figures."""
        [line] = [line for line in self.figures[service].splitlines() if line.startswith(text + " ")]
        return float(line.rpartition(" ")[2])


async def bill(bank: Bank, type: str, at: str, subscription: str = "S-1", **data: Any) -> None:
    traced = {"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"} if type == "changed" else {}
    value = envelope(f"subscription.{type}", subscription, data, time=at, **traced)
    await bank.write("billing.events", subscription, value)
    id = json.loads(value)["id"]

    async def answered() -> bool:
        return id in {json.loads(record.value).get("causationid") for record in await bank.read("provisioning.events")}

    await until(answered, 60)


async def live(bank: Bank) -> None:
    """Lend a number and take it back for a hold so short that it is announced at once; lock one; offend in all ways."""
    for org, fields in ((ORG, {"billing_email": f"acme-billing@{ORG}.example"}),
                        ("zeta", {"support_email": "zeta-help@zeta.example"})):  # fmt: skip
        data = {"org": org, "kind": "customer", "name": org, **fields}
        await bank.write("billing.accounts", org, envelope("account.updated", org, data))
    for number in (NUMBER, SPARE, LOCKED):
        await bank.ask("number.add", number, vendor="v", country="SG", sku="s", partner="zeta")
    await bank.ask("number.reserve", SPARE, holder={"org": STRANGER}, remark=f"for ann@{STRANGER}.example")
    await bank.ask("number.release", LOCKED, remark=f"of {ORG}")
    await bank.write("inventory.commands", SPARE, f"{SPARE} of {ORG}".encode())
    await bank.write("inventory.commands", SPARE, envelope("number.lock", SPARE, {"remark": {"org": ORG}}))
    astray = envelope("number.update", SPARE, {"routing": ORG})
    await bank.write("inventory.commands", SPARE, astray, partition=(home(SPARE, PARTITIONS) + 1) % PARTITIONS)
    await bank.all_answered()
    assert bank.stack.mongo is not None
    bank.stack.mongo.kill()
    await bank.ask("number.lock", LOCKED, remark="r", until="2026-01-01T00:00:00Z")
    await asyncio.sleep(1)  # so that something is tried meanwhile
    await asyncio.to_thread(bank.stack.mongo.start)
    account = {"org": ORG, "kind": "customer"}
    await bill(bank, "activated", "2026-01-05T00:00:00Z", account=account, product="did", numbers=[NUMBER, SPARE])
    await bill(bank, "changed", "2026-02-05T00:00:00Z", added=[], removed=[NUMBER])

    async def told() -> bool:
        sent = [json.loads(record.value) for record in await bank.read("notification.events")]
        return {(event["subject"], event["data"].get("template")) for event in sent} >= TOLD

    await until(told, 60)


async def watched(bank: Bank, spans: Collector) -> Seen:
    """Run the story, each service a process of its own."""
    bank.env |= {"NUMBERBANK_DIGEST_PERIOD": "1s", "OTEL_EXPORTER_OTLP_ENDPOINT": spans.url}
    running = {name: bank.run(name) for name in SERVICES}
    await asyncio.gather(*(process.until_ready() for process in running.values()))
    await live(bank)
    figures = {name: (await process.get("/metrics"))[1] for name, process in running.items()}

    async def level() -> bool:
        figures.update({name: (await process.get("/metrics"))[1] for name, process in running.items()})
        lags = re.findall(r"numberbank_lag_records\{.*\} (\S+)", figures["inventory"])
        measured = "numberbank_overdue_seconds{" in figures["lifecycle-timer"]  # each few seconds, like the lag
        sent = re.findall(r'outcomes_total\{outcome="sent",.*what="notice"\} (\S+)', figures["notification"])
        counted = sent == [f"{len(TOLD):.1f}"]  # moments after the mails are in the topic
        return measured and counted and len(lags) == PARTITIONS and set(lags) == {"0.0"}

    await until(level, 30)
    for process in running.values():
        assert await process.stop() == 0
    logs = {name: process.log.read_text() for name, process in running.items()}
    return Seen(logs, figures, spans.spans, b"".join(spans.raw))


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    async def story(stack: Any, spans: Collector) -> Seen:
        await create_topics(stack.env["KAFKA_BOOTSTRAP_SERVERS"], PARTITIONS)
        async with Bank(stack, tmp_path_factory.mktemp("bank")) as bank:
            return await watched(bank, spans)

    with local_stack(environ=os.environ) as stack, collector() as spans:
        yield asyncio.run(story(stack, spans))


def test_every_log_line_is_one_json_object(seen: Seen) -> None:
    for text in seen.logs.values():
        lines = [json.loads(line) for line in text.splitlines()]
        assert {"time", "level", "logger", "message"} <= set.intersection(*(set(line) for line in lines))
        assert [line["message"] for line in lines if line["message"] in ("started", "stopped")] == [
            "started",
            "stopped",
        ]


def test_what_happens_to_lanes_and_records_is_logged(seen: Seen) -> None:
    inventory = [json.loads(line) for line in seen.logs["inventory"].splitlines()]
    assert {"dead letters", "lane opened"} <= {line["message"] for line in inventory}


@pytest.mark.parametrize("secret", SECRETS)
def test_no_log_line_names_a_holder_an_address_or_a_number(seen: Seen, secret: str) -> None:
    for name, text in seen.logs.items():
        assert secret not in text, name


def test_one_trace_leads_from_what_billing_says_to_the_mail(seen: Seen) -> None:
    spans = {span.name: span for span in seen.spans if span.trace_id.hex() == TRACE}
    chain = (
        "provisioning subscription.changed", "inventory number.unassign", "lifecycle-timer number.reserved",
        "lifecycle-timer sends hold.expiring", "notification hold.expiring", "notification sends notification.sent",
    )  # fmt: skip
    parents = [spans[name].parent_span_id.hex() for name in chain]
    assert parents == ["b7ad6b7169203331", *(spans[name].span_id.hex() for name in chain[:-1])]


def test_spans_name_nobody(seen: Seen) -> None:
    assert b"+65315*****" in seen.raw
    for secret in set(SECRETS) - {"@"}:
        assert secret.encode() not in seen.raw


def test_answers_dead_letters_and_notices_are_figures(seen: Seen) -> None:
    def outcomes(service: str, what: str, outcome: str) -> float:
        labels = f'outcome="{outcome}",service="{service}",what="{what}"'
        return seen.figure(service, f"numberbank_outcomes_total{{{labels}}}")

    assert outcomes("inventory", "number.added", "") == 3
    assert outcomes("inventory", "command.rejected", "invalid_transition") == 1
    assert outcomes("provisioning", "number", "assigned") == 1
    assert outcomes("provisioning", "number", "held_by_another") == 1
    assert outcomes("notification", "notice", "sent") == len(TOLD)
    for code in ("not_json", "invalid_field"):
        labels = f'code="{code}",service="inventory",topic="inventory.commands"'
        assert seen.figure("inventory", f"numberbank_dead_letters_total{{{labels}}}") == 1
    assert seen.figure("inventory", 'numberbank_batch_records_count{service="inventory"}') > 0
    assert "numberbank_overdue_seconds{" in seen.figures["lifecycle-timer"]


@pytest.mark.parametrize("file", ["alerts.yml", "dashboard.json"])
def test_dashboard_and_alarms_name_only_figures_that_there_are(seen: Seen, file: str) -> None:
    edge = CollectorRegistry()
    Figures(edge)
    texts = [*seen.figures.values(), generate_latest(edge).decode()]
    kinds = re.findall(r"^# TYPE (\S+) (\S+)$", "".join(texts), re.MULTILINE)
    there = {name + suffix for name, kind in kinds for suffix in PARTS.get(kind, ("",))}
    named = set(NAMED.findall((OBSERVE / file).read_text()))
    assert named
    assert named <= there, named - there


def test_every_alarm_is_in_the_runbook() -> None:
    [group] = YAML(typ="safe").load(OBSERVE / "alerts.yml")["groups"]
    headings = re.findall(r"^## (\w+)$", (ROOT / "deploy" / "RUNBOOK.md").read_text(), re.MULTILINE)
    assert [rule["alert"] for rule in group["rules"]] == headings


async def test_each_worker_has_a_port_of_its_own_for_its_figures(bank: Bank) -> None:
    running = bank.run("inventory", "--workers", "2")

    def shown(port: int) -> str:
        with suppress(OSError), urlopen(f"http://127.0.0.1:{port}/metrics", timeout=2) as answer:
            return str(answer.read().decode())
        return ""

    async def lanes() -> list[set[str]]:
        texts = [await asyncio.to_thread(shown, port) for port in (running.port, running.port + 1)]
        return [set(re.findall(r'numberbank_fence_epoch\{partition="(\d+)"', text)) for text in texts]

    async def shared() -> bool:
        first, second = await lanes()
        return bool(first and second) and first | second == {str(n) for n in range(PARTITIONS)}

    await until(shared, 60)
    first, second = await lanes()
    assert not first & second
    assert await running.stop() == 0
