"""What the stack wants to know of its surroundings, read once from a mapping of environment variables."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Settings:
    """The environment as the stack sees it."""

    kafka: str | None  # bootstrap servers of a Kafka that somebody else runs, comma separated
    mongo: str | None  # URL of a MongoDB replica set that somebody else runs
    smtp: str | None  # URL of a mail server that somebody else runs
    maven: str | None  # URL of a mirror of Maven's central repository, for who cannot reach that
    cache: Path  # folder for what is downloaded or prepared once per user
    environ: Mapping[str, str]  # everything, handed on to the processes that are started

    @classmethod
    def read(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        """Read `environ`, or the process's own environment; an empty variable counts as absent."""
        given = dict(os.environ if environ is None else environ)
        return cls(
            kafka=given.get("KAFKA_BOOTSTRAP_SERVERS") or None,
            mongo=given.get("MONGODB_URL") or None,
            smtp=given.get("SMTP_URL") or None,
            maven=given.get("NUMBERBANK_MAVEN") or None,
            cache=_cache_home(given) / "numberbank",
            environ=given,
        )


def _cache_home(environ: Mapping[str, str]) -> Path:
    named = environ.get("XDG_CACHE_HOME")
    return Path(named) if named else Path.home() / ".cache"
