"""Spans of OpenTelemetry; imported only where traces are wanted, for it is an extra that may not be installed."""

import re
from collections.abc import Sequence
from time import time_ns
from zlib import crc32

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import Link, NonRecordingSpan, Span, SpanContext, SpanKind, TraceFlags, set_span_in_context

from contracts.message import Message
from services.chassis.masking import masked_number
from services.chassis.records import Lot
from services.chassis.tracing import TRACEPARENT
from services.chassis.work import Taken

_UUID = re.compile(r"[0-9a-f-]{32,36}")
_NUMBER = re.compile(r"\+\d{7,15}")


class OpenTelemetry:
    """Sends spans to a collector, from a thread of its own. `ratio`: share of the chains that are traced."""

    def __init__(self, service: str, exporter: SpanExporter, ratio: float) -> None:
        # Which chains are traced is decided here: alike in all services, and before a span costs anything.
        self._provider = TracerProvider(
            ALWAYS_ON, Resource({"service.name": service, "service.namespace": "numberbank"}), shutdown_on_exit=False
        )
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self.tracer = self._provider.get_tracer("numberbank")
        self.service = service
        self._threshold = round(ratio * 2**32)

    def begin(self, lot: Lot) -> "_Spans":
        """Begin with a batch."""
        return _Spans(self, lot)

    def samples(self, message: Message) -> bool:
        """Tell whether a message that brings no trace begins one: alike for all of one correlation."""
        return crc32((message.correlationid or message.id).encode()) < self._threshold

    def close(self) -> None:
        """Send what is left."""
        self._provider.shutdown()


class _Spans:
    """The spans of one batch."""

    def __init__(self, tracing: OpenTelemetry, lot: Lot) -> None:
        self._tracing, self._lot, self._since = tracing, lot, time_ns()
        self._spans, self._steps = list[Span](), list[tuple[str, int]]()

    def handed(self, messages: list[Taken]) -> list[Taken]:
        """Begin a span for each sampled message."""
        self._spans, self._steps = [], []
        return [taken._replace(message=self._traced(taken.message)) for taken in messages]

    def _traced(self, message: Message) -> Message:
        parent = parsed(message.traceparent)
        if not (parent.trace_flags.sampled if parent else self._tracing.samples(message)):
            return message
        about = {
            "messaging.operation.type": "process",
            "messaging.destination.partition.id": str(self._lot.partition),
        }
        if _UUID.fullmatch(message.id):  # others choose ids that may name anybody
            about["messaging.message.id"] = message.id
        parents = [parent] if parent else []
        span = self._begun(SpanKind.CONSUMER, self._lot.topic, message.type, message.subject, parents, about)
        return message.model_copy(update={"traceparent": _traceparent(span)})

    def said(self, topic: str, type: str, subject: str, after: Sequence[str]) -> str | None:
        """Begin a span beneath the first of what led to it, with links to the others."""
        parents = [parent for text in after if (parent := parsed(text)) and parent.trace_flags.sampled]
        if not parents:
            return after[0] if after else None
        about = {"messaging.operation.type": "send"}
        return _traceparent(self._begun(SpanKind.PRODUCER, topic, type, subject, parents, about))

    def _begun(
        self, kind: SpanKind, topic: str, type: str, subject: str, parents: Sequence[SpanContext], about: dict[str, str]
    ) -> Span:
        about |= {"messaging.system": "kafka", "messaging.destination.name": topic}
        if _NUMBER.fullmatch(subject):  # other keys name subscriptions and organisations
            about["messaging.kafka.message.key"] = masked_number(subject)
        span = self._tracing.tracer.start_span(
            f"{self._tracing.service} {'sends ' if kind is SpanKind.PRODUCER else ''}{type}",
            set_span_in_context(NonRecordingSpan(parents[0])) if parents else None,
            kind,
            about,
            [Link(parent) for parent in parents[1:]],
            self._since,
        )
        self._spans.append(span)
        return span

    def reached(self, step: str) -> None:
        """Note when the batch had come so far."""
        self._steps.append((step, time_ns()))

    def ended(self) -> None:
        """End all spans, with the steps as their events."""
        for span in self._spans:
            for step, at in self._steps:
                span.add_event(step, timestamp=at)
            span.end()
        self._spans, self._steps = [], []


def parsed(traceparent: str | None) -> SpanContext | None:
    """Read a `traceparent`; None for one that is missing or none."""
    found = TRACEPARENT.fullmatch(traceparent or "")
    if found is None:
        return None
    trace, span, flags = (int(part, 16) for part in found.groups())
    return SpanContext(trace, span, is_remote=True, trace_flags=TraceFlags(flags))


def _traceparent(span: Span) -> str:
    context = span.get_span_context()
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{int(context.trace_flags):02x}"
