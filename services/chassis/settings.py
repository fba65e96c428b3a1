"""Settings from the environment: the only place that reads it. Each field is one variable."""

import os
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, ValidationError

from contracts.policy import Policy
from services.chassis.clock import Clock, SystemClock, parse_clock
from services.chassis.errors import WrongSetting
from services.chassis.security.files import Secret, with_files
from services.chassis.security.mongo import MongoUrl
from services.chassis.security.settings import KafkaSettings
from services.chassis.stops import Step, stop_at


def _policy(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        with open(value, "rb") as file:
            return Policy.parse(file.read())
    except OSError as error:
        raise ValueError(f"names a file that cannot be read: {error.strerror or error}") from None
    except ValidationError as error:
        raise ValueError(f"names a file that is no policy: {explained(error)}") from None
    except ValueError as error:
        raise ValueError(f"names a file that is no policy: {error}") from None


PolicyFile = Annotated[Policy, BeforeValidator(_policy)]


def explained(error: ValidationError) -> str:
    """Say the first fault of a validation in words: where, and what."""
    first = error.errors(include_url=False)[0]
    where = ".".join(map(str, first["loc"]))
    return f"{where}: {first['msg']}" if where else str(first["msg"])


class Settings(KafkaSettings):
    """What every service needs to know. The alias of a field is its variable."""

    mongo: Annotated[MongoUrl, Secret()] = Field(
        alias="MONGODB_URL", description="MongoDB, a replica set; database numberbank unless the URL names one"
    )
    clock_at: str | None = Field(None, alias="NUMBERBANK_CLOCK", description="simulated clock, START@RATE")
    clock_since: float | None = Field(
        None, alias="NUMBERBANK_CLOCK_SINCE", description="real Unix time of the simulated clock's start"
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", alias="NUMBERBANK_LOG_LEVEL", description="least severity that is logged"
    )
    session_timeout: Annotated[float, Field(ge=1, le=300)] = Field(
        6.0, alias="NUMBERBANK_SESSION_TIMEOUT", description="seconds until a silent instance loses its lanes"
    )
    traces: Annotated[str, Field(pattern=r"^https?://\S+$")] | None = Field(
        None,
        alias="OTEL_EXPORTER_OTLP_ENDPOINT",
        repr=False,  # may hold a password
        description="collector of traces, OTLP over HTTP, such as http://host:4318; absent: no traces",
    )
    trace_ratio: Annotated[float, Field(ge=0, le=1)] = Field(
        1.0, alias="NUMBERBANK_TRACE_RATIO", description="share of the messages without a trace that begin one"
    )
    stop_at: str | None = Field(
        None, alias="NUMBERBANK_STOP_AT", description="for tests: kill this process at STEP or STEP:N of the road"
    )

    @classmethod
    def load(cls, environ: Mapping[str, str] | None = None) -> Self:
        """Read the variables. Raises `WrongSetting`: one sentence that names the variable."""
        environ = os.environ if environ is None else environ
        try:
            # Set but empty is how compose files and shells say "not set".
            given = {name: value for name, value in environ.items() if value != ""}
            settings = cls.model_validate(with_files(given, secrets_of(cls)))
            settings.kafka  # noqa: B018 - put together now, so that what does not fit is said
            settings.clock()
            settings.step()
        except ValidationError as error:
            raise WrongSetting(_sentence(cls, error)) from None
        except ValueError as error:
            raise WrongSetting(f"{error}.") from None
        return settings

    def clock(self) -> Clock:
        """Give the clock that is set. Raises `ValueError`."""
        if self.clock_at is None:
            return SystemClock()
        try:
            return parse_clock(self.clock_at, self.clock_since)
        except ValueError as error:
            raise ValueError(f"NUMBERBANK_CLOCK {error}") from None

    def step(self) -> Step:
        """Give the hook that tests stop the process with. Raises `ValueError`."""
        try:
            return stop_at(self.stop_at)
        except ValueError as error:
            raise ValueError(f"NUMBERBANK_STOP_AT {error}") from None


def _sentence(settings: type[Settings], error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    variable = str(first["loc"][0])
    meaning = next((f.description for f in settings.model_fields.values() if f.alias == variable), "")
    if first["type"] == "missing":
        return f"{variable} is not set; it must name {meaning}."
    reason = str(first["msg"]).removeprefix("Value error, ").removeprefix("Input ").rstrip(".")
    return f"{variable} {reason} ({meaning})."


def secrets_of(settings: type[Settings]) -> list[str]:
    """List the variables that may hold a secret."""
    return [
        str(field.alias)
        for field in settings.model_fields.values()
        if any(isinstance(mark, Secret) for mark in field.metadata)
    ]


def describe(settings: type[Settings]) -> list[dict[str, Any]]:
    """List the variables: name, meaning and default."""
    return [
        {"name": field.alias, "meaning": field.description, "default": None if field.is_required() else field.default}
        for field in settings.model_fields.values()
    ]
