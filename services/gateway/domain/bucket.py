"""How often somebody may ask: a bucket that holds a burst and is filled at a steady rate."""


class Bucket:
    """A token bucket, full at first. `rate`: a second; `burst`: how many at once. Times are seconds of any clock."""

    def __init__(self, rate: float, burst: float, at: float) -> None:
        self._rate, self._burst = rate, max(burst, 1.0)
        self._left, self._at = self._burst, at

    def take(self, at: float) -> float:
        """Take one. Give 0, or if there is none the seconds until there is."""
        if (wait := self.wait(at)) == 0:
            self._left -= 1
        return wait

    def wait(self, at: float) -> float:
        """Give the seconds until there is one to take."""
        self._left = min(self._burst, self._left + max(at - self._at, 0.0) * self._rate)
        self._at = max(at, self._at)
        return 0.0 if self._left >= 1 else (1 - self._left) / self._rate

    def is_full(self, at: float) -> bool:
        """Tell whether nobody has taken any for long, so that it may be forgotten."""
        self.wait(at)
        return self._left >= self._burst
