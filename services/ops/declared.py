"""The services as they declare themselves, whatever their surroundings are."""

from importlib import import_module
from typing import get_type_hints

from services.chassis.service import Service

SETTINGS = {
    "KAFKA_BOOTSTRAP_SERVERS": "localhost:9092",
    "MONGODB_URL": "mongodb://localhost",
    "SMTP_URL": "smtp://localhost",
}


def declared(name: str) -> Service:
    """Give a service as its composition root makes it."""
    build = import_module(f"services.{name.replace('-', '_')}.app").service
    service: Service = build(get_type_hints(build)["settings"].load(SETTINGS))
    return service
