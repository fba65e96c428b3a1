"""One trace from what billing says to the mail, through all services; masked, and only where it is wanted."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from services.chassis.spans import OpenTelemetry
from tests.system.system import ACME, NUMBER, System, envelope

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class Collector:
    """Keeps the spans of all services."""

    def __init__(self) -> None:
        self._exporters: list[InMemorySpanExporter] = []

    def tracing(self, service: str, ratio: float = 1.0) -> OpenTelemetry:
        self._exporters.append(InMemorySpanExporter())
        return OpenTelemetry(service, self._exporters[-1], ratio)

    @property
    def spans(self) -> list[ReadableSpan]:
        return [span for exporter in self._exporters for span in exporter.get_finished_spans()]

    def about(self, trace: int) -> dict[str, ReadableSpan]:
        """Give the spans of one trace by name."""
        return {span.name: span for span in self.spans if context(span).trace_id == trace}


def context(span: ReadableSpan) -> Any:
    assert span.context is not None
    return span.context


@asynccontextmanager
async def traced(ratio: float = 1.0) -> AsyncIterator[tuple[System, Collector]]:
    """Run the whole system under traces; spans are there when it has stopped."""
    collector = Collector()
    async with System(tracing=lambda service: collector.tracing(service, ratio)) as system:
        yield system, collector


async def live(system: System, **attributes: str) -> None:
    """Let billing lend a number and take it back, and the customer be told of the end."""
    await system.account(billing_email="billing@acme.example")
    await system.add()
    await system.bills("activated", account=ACME, product="did", numbers=[NUMBER])
    value = envelope("subscription.expired", "S-1", {}, time="2026-01-01T00:00:00Z", **attributes)
    system.cluster.write("billing.events", "S-1", value)
    await system.quiet()
    await system.passes(days=49)
    await system.passes(minutes=11)
    assert len(system.postbox.mails) == 1


CHAIN = (
    "provisioning subscription.expired", "inventory number.unassign", "lifecycle-timer number.reserved",
    "lifecycle-timer sends hold.expiring", "notification hold.expiring", "notification sends notification.sent",
)  # fmt: skip


async def test_one_trace_leads_from_what_billing_says_to_the_mail() -> None:
    async with traced() as (system, collector):
        await live(system, traceparent=PARENT)
    spans = collector.about(int(PARENT[3:35], 16))
    assert [spans[name].parent.span_id for name in CHAIN] == [
        int(PARENT[36:52], 16), *(context(spans[name]).span_id for name in CHAIN[:-1])
    ]  # fmt: skip


async def test_what_brings_no_trace_begins_one() -> None:
    async with traced() as (system, collector):
        await live(system)
    [first] = [span for span in collector.spans if span.name == CHAIN[0]]
    assert first.parent is None
    assert set(CHAIN) <= collector.about(context(first).trace_id).keys()


async def test_spans_show_the_steps_of_the_batch() -> None:
    async with traced() as (system, collector):
        await system.add()
    [span] = [span for span in collector.spans if span.name == "inventory number.add"]
    times = [event.timestamp for event in span.events]
    assert [event.name for event in span.events] == ["decided", "committed"]
    assert [span.start_time, *times, span.end_time] == sorted([span.start_time or 0, *times, span.end_time or 0])


async def test_spans_hold_no_number_no_holder_and_no_address() -> None:
    async with traced() as (system, collector):
        await live(system)
    text = "".join(span.to_json() for span in collector.spans)
    assert "+65315*****" in text
    for secret in (NUMBER[1:], "acme", "billing@", "S-1"):
        assert secret not in text


async def test_a_chain_that_is_not_sampled_leaves_no_span_anywhere() -> None:
    async with traced() as (system, collector):
        await system.add()
        before = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"
        system.cluster.write(
            "inventory.commands", NUMBER,
            envelope("number.reserve", NUMBER, {"holder": ACME, "remark": "r"}, traceparent=before),
        )  # fmt: skip
        await system.quiet()
        assert system.heard("inventory.events")[-1]["traceparent"] == before
    assert not collector.about(int(before[3:35], 16))


async def test_a_share_of_the_chains_is_traced_as_wholes() -> None:
    async with traced(ratio=0.5) as (system, collector):
        for n in range(20):
            await system.add(f"+65315800{n:02}")
    begun = {context(span).trace_id for span in collector.spans}
    followed = [span.name for span in collector.spans if span.parent is not None]
    assert 0 < len(begun) < 20
    assert followed.count("lifecycle-timer number.added") == len(begun)


async def test_one_mail_for_several_notices_is_linked_to_each() -> None:
    async with traced() as (system, collector):
        await system.account(billing_email="billing@acme.example")
        for number in (NUMBER, "+6531580002"):
            await system.add(number)
            await system.asks("number.reserve", number, holder=ACME, remark="for the fair")
        await system.passes(days=21)
        await system.passes(minutes=11)
    [mail] = [span for span in collector.spans if span.name == CHAIN[-1]]
    notices = {context(span).span_id for span in collector.spans if span.name == CHAIN[-2]}
    assert mail.parent is not None
    assert {mail.parent.span_id, *(link.context.span_id for link in mail.links)} == notices


async def test_a_trace_that_is_none_is_no_fault() -> None:
    async with traced() as (system, collector):
        value = envelope("number.release", NUMBER, {"remark": "r"}, traceparent="yesterday")
        system.cluster.write("inventory.commands", NUMBER, value)
        await system.quiet()
    assert [span.parent for span in collector.spans if span.name == "inventory number.release"] == [None]
