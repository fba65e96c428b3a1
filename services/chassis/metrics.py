"""What the road counts, in Prometheus' terms."""

import logging
from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

from services.chassis.records import Lot

LOT = ("service", "topic", "partition")


class Metrics:
    """The figures of one process, labelled by service."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)  # memory, processor time, open files

        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(f"numberbank_{name}", text, labels, registry=self.registry)

        def gauge(name: str, text: str) -> Gauge:
            return Gauge(f"numberbank_{name}", text, LOT, registry=self.registry)

        self.taken = counter("records_taken", "records taken", *LOT)
        self.dead = counter("dead_letters", "records given up, by reason", "service", "topic", "code")
        self.skipped = counter("records_skipped", "events of a type unknown here", "service", "topic")
        self.repeats = counter("records_repeated", "records of ours seen before", "service", "topic")
        self.forwarded = counter("records_forwarded", "records sent to their own lane", "service", "topic")
        self.aborts = counter("transactions_aborted", "transactions that had to be decided again", "service")
        self.outcomes = counter(
            "outcomes", "messages said by type and code, and what handlers count", "service", "what", "outcome"
        )
        self.lines = counter("log_lines", "lines logged", "level", "logger")
        self.epoch = gauge("fence_epoch", "epoch of each open lane")
        self.next = gauge("lane_next", "offset that each lane takes next")
        self.lag = gauge("lag_records", "records that a lane has not taken yet, as of its last look")
        self.overdue = gauge("overdue_seconds", "for how long the oldest timer of a lane has been due, by its clock")
        self.batch_size = Histogram(
            "numberbank_batch_records", "records in a batch", ("service",), registry=self.registry,
            buckets=(1, 10, 100, 250, 500, 1000),
        )  # fmt: skip
        self.batch_seconds = Histogram(
            "numberbank_batch_seconds", "from taking a batch to its publication", ("service",), registry=self.registry
        )

    def count_outcomes(self, service: str, counts: Mapping[tuple[str, str], int]) -> None:
        """Add what a batch came to, by what it was and its outcome."""
        for (what, outcome), many in counts.items():
            self.outcomes.labels(service, what, outcome).inc(many)

    def forget(self, service: str, lot: Lot) -> None:
        """Show a lane no longer: its next owner does, maybe in another process."""
        for figure in (self.epoch, self.next, self.lag, self.overdue):
            figure.remove(service, lot.topic, lot.partition)


class CountedLines(logging.Handler):
    """Counts log lines, so that an alarm can be made of any trouble that is logged."""

    def __init__(self, metrics: Metrics) -> None:
        super().__init__()
        self._lines = metrics.lines

    def emit(self, record: logging.LogRecord) -> None:
        """Count one line."""
        self._lines.labels(record.levelname.lower(), record.name).inc()
