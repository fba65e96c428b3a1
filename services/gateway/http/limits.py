"""Who may ask how often: a bucket for each token, and one for each address whose tokens nobody knows."""

from collections.abc import Callable

from services.gateway.domain import Bucket

FAILURES, FORGIVEN = 20, 0.5  # tokens that nobody knows from one address: at once, and a second
MOST = 10_000  # buckets that are kept


class Limits:
    """The buckets of this process. `now`: seconds of a clock that goes on steadily."""

    def __init__(self, rate: float, now: Callable[[], float]) -> None:
        self._rate, self._now = rate, now
        self._tokens: dict[str, Bucket] = {}
        self._addresses: dict[str, Bucket] = {}

    def asked(self, token: str) -> float:
        """Count a request with a token; give 0, or the seconds that it comes too early."""
        at = self._now()
        if (bucket := self._tokens.get(token)) is None:
            _make_room(self._tokens, at)
            bucket = self._tokens[token] = Bucket(self._rate, 2 * self._rate, at)
        return bucket.take(at)

    def failed(self, address: str) -> None:
        """Count a token that nobody knows."""
        at = self._now()
        if (bucket := self._addresses.get(address)) is None:
            _make_room(self._addresses, at)
            bucket = self._addresses[address] = Bucket(FORGIVEN, FAILURES, at)
        bucket.take(at)

    def blocked(self, address: str) -> float:
        """Give 0, or the seconds in which no token of this address is looked up."""
        bucket = self._addresses.get(address)
        return 0.0 if bucket is None else bucket.wait(self._now())


def _make_room(buckets: dict[str, Bucket], at: float) -> None:
    if len(buckets) < MOST:
        return
    for name in [name for name, bucket in buckets.items() if bucket.is_full(at)]:
        del buckets[name]
    if len(buckets) >= MOST:
        buckets.pop(next(iter(buckets)))
