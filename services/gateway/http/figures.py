"""What the edge counts, in Prometheus' terms."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class Figures:
    """The figures of one process. Routes are templates: no number is in them."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.requests = Counter(
            "numberbank_http_requests", "requests, by what was asked and the status of the answer",
            ("route", "status"), registry=registry,
        )  # fmt: skip
        self.seconds = Histogram(
            "numberbank_http_seconds", "from a request to the end of its answer", ("route",), registry=registry
        )
        self.refusals = Counter(
            "numberbank_http_refusals", "requests let in nowhere, by why", ("code",), registry=registry
        )
        self.streams = Gauge("numberbank_http_streams", "streams that are open", ("kind",), registry=registry)
