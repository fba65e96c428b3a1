"""What the road counts, in Prometheus' terms."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class Metrics:
    """The figures of one process, labelled by service."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        lot = ("service", "topic", "partition")

        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(f"numberbank_{name}", text, labels, registry=self.registry)

        self.taken = counter("records_taken", "records taken", *lot)
        self.dead = counter("dead_letters", "records given up, by reason", "service", "topic", "code")
        self.skipped = counter("records_skipped", "events of a type unknown here", "service", "topic")
        self.repeats = counter("records_repeated", "records of ours seen before", "service", "topic")
        self.forwarded = counter("records_forwarded", "records sent to their own lane", "service", "topic")
        self.aborts = counter("transactions_aborted", "transactions that had to be decided again", "service")
        self.epoch = Gauge("numberbank_fence_epoch", "epoch of each open lane", lot, registry=self.registry)
        self.next = Gauge("numberbank_lane_next", "offset that each lane takes next", lot, registry=self.registry)
        self.batch_size = Histogram(
            "numberbank_batch_records", "records in a batch", ("service",), registry=self.registry,
            buckets=(1, 10, 100, 250, 500, 1000),
        )  # fmt: skip
        self.batch_seconds = Histogram(
            "numberbank_batch_seconds", "from taking a batch to its publication", ("service",), registry=self.registry
        )
