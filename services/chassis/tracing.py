"""Traces: one span for each sampled message, from taking it to publishing what came of it.

A message is handed on with its span as `traceparent`, so whatever it causes hangs beneath it. Off, which is the
default, this costs a call or two a batch, and `traceparent` passes through as it came.
"""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from services.chassis.errors import WrongSetting
from services.chassis.records import Lot
from services.chassis.settings import Settings

if TYPE_CHECKING:
    from services.chassis.work import Taken

# W3C Trace Context: version, trace, parent, flags; versions after 00 may say more.
TRACEPARENT = re.compile(
    r"(?!ff|00-.{53})[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?", re.ASCII
)
PATIENCE = 5.0  # seconds for the collector to take what is left at the end


class Trace(Protocol):
    """A batch on its way, as it is traced."""

    def handed(self, messages: "list[Taken]") -> "list[Taken]":
        """Give the messages as handlers see them: each sampled one with its span. Earlier attempts are forgotten."""

    def said(self, topic: str, type: str, subject: str, after: Sequence[str]) -> str | None:
        """Give the `traceparent` of what is said by itself, long `after` what led to it."""

    def reached(self, step: str) -> None:
        """Note that the batch has come so far."""

    def ended(self) -> None:
        """Send the spans off: the batch is published."""


class Tracing(Protocol):
    """What traces the batches of one service."""

    def begin(self, lot: Lot) -> Trace:
        """Begin with a batch that was taken from a partition."""

    def close(self) -> None:
        """Send what is left, waiting a little for it."""


class Untraced:
    """Traces nothing, and leaves every `traceparent` as it came."""

    def begin(self, lot: Lot) -> "Untraced":
        """Begin nothing."""
        return self

    def handed(self, messages: "list[Taken]") -> "list[Taken]":
        """Give the messages as they came."""
        return messages

    def said(self, topic: str, type: str, subject: str, after: Sequence[str]) -> str | None:
        """Give the first of what led to it."""
        return after[0] if after else None

    def reached(self, step: str) -> None:
        """Note nothing."""

    def ended(self) -> None:
        """Send nothing."""

    def close(self) -> None:
        """Send nothing."""


UNTRACED = Untraced()


def tracing_of(service: str, settings: Settings) -> Tracing:
    """Give what traces a service, as the environment wants it. Raises `WrongSetting`."""
    if settings.traces is None:
        return UNTRACED
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        from services.chassis.spans import OpenTelemetry
    except ImportError:
        raise WrongSetting(
            "OTEL_EXPORTER_OTLP_ENDPOINT is set, but what traces need is not installed: pip install "
            "'numberbank[tracing]', or leave it out."
        ) from None
    exporter = OTLPSpanExporter(f"{settings.traces.rstrip('/')}/v1/traces", timeout=PATIENCE)
    return OpenTelemetry(service, exporter, settings.trace_ratio)
