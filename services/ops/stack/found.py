"""The stack out of what there is: servers named in the environment, else Docker, else local processes."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from typing import Unpack

from services.ops.stack.daemon import docker_answers
from services.ops.stack.local import local_stack
from services.ops.stack.options import Options, say
from services.ops.stack.running import Stack, running
from services.ops.stack.settings import Settings


def find_stack(**options: Unpack[Options]) -> AbstractContextManager[Stack]:
    """Give Kafka, MongoDB and mail from the first of these that has them; options as for `local_stack`.

    1. KAFKA_BOOTSTRAP_SERVERS and MONGODB_URL in `environ`, both of those wanted: nothing is started but a mail
       server, unless SMTP_URL is there too; 2. a Docker daemon that answers, for Kafka and MongoDB; 3. local
    processes. Raises StackError with one sentence if something is missing or does not start.
    """
    settings = Settings.read(options.get("environ"))
    wanted = {
        "KAFKA_BOOTSTRAP_SERVERS": (options.get("kafka", True), settings.kafka),
        "MONGODB_URL": (options.get("mongo", True), settings.mongo),
    }
    named = {name: url for name, (want, url) in wanted.items() if want and url}
    missing = [name for name, (want, url) in wanted.items() if want and not url]
    if not missing:
        return _named(named, settings, options)
    if named:
        say_so = options.get("progress", say)
        say_so(f"{', '.join(named)} is set but {', '.join(missing)} is not: neither is used")
    if docker_answers(settings.environ):
        return _in_docker(settings, options)
    return local_stack(**options)


@contextmanager
def _named(env: dict[str, str], settings: Settings, options: Options) -> Iterator[Stack]:
    """Give the servers of `env` and the mail server of the environment, or one of our own."""
    mail = options.get("mail", True)
    theirs = {"SMTP_URL": settings.smtp} if mail and settings.smtp else {}
    rest: Options = {**options, "kafka": False, "mongo": False, "mail": mail and not theirs}
    with local_stack(**rest) as own:
        yield replace(own, env=env | theirs | own.env)


@contextmanager
def _in_docker(settings: Settings, options: Options) -> Iterator[Stack]:
    """Give Kafka and MongoDB in containers, removed at the end, and a mail server as a local process."""
    from services.ops.stack.containers import Docker  # Testcontainers is installed with the tests only

    progress = options.get("progress", say)
    progress("starting Kafka and MongoDB in Docker; the first time their images are pulled")
    data = options.get("data")
    docker = Docker(settings.environ, data)
    rest: Options = {**options, "kafka": False, "mongo": False}
    with local_stack(**rest) as own, ExitStack() as removed:
        kafka = docker.kafka(options.get("kafka_port")) if options.get("kafka", True) else None
        mongo = docker.mongo(options.get("mongo_port")) if options.get("mongo", True) else None
        for part in (kafka, mongo):
            if part is not None:
                removed.callback(part.remove)
        with running(replace(own, kafka=kafka, mongo=mongo, mail=None), keep=data is not None) as started:
            progress(f"Kafka and MongoDB ready in {started.seconds:.1f} s")
            yield replace(started, mail=own.mail)
