"""The stack out of local processes: Kafka, MongoDB and a mail server from Python packages alone."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Unpack

from services.ops.stack.child import Home
from services.ops.stack.errors import StackError
from services.ops.stack.folder import data_folder
from services.ops.stack.installation import install_kafka
from services.ops.stack.kafka import Kafka
from services.ops.stack.mail import Mail
from services.ops.stack.mongo import Mongo
from services.ops.stack.options import Options, say
from services.ops.stack.running import Stack, running
from services.ops.stack.secured import SecuredKafka, SecuredMongo
from services.ops.stack.settings import Settings


@contextmanager
def local_stack(**options: Unpack[Options]) -> Iterator[Stack]:
    """Start real Kafka, MongoDB and a mail server as processes on 127.0.0.1 and end them at the end.

    Without `data` everything is forgotten at the end; with it the folder is kept, and a later stack on it finds
    the same data, on whatever ports. Raises StackError with one sentence if something is missing or does not
    start; then nothing is left running.
    """
    settings = Settings.read(options.get("environ"))
    progress = options.get("progress", say)
    data = options.get("data")
    _look_at_the_system(progress)
    with data_folder(data) as folder:
        stack = _planned(Home(folder, settings, progress), options)
        with running(stack, keep=data is not None) as started:
            if started.parts:
                names = ", ".join(part.name for part in started.parts)
                progress(f"{names} ready in {started.seconds:.1f} s")
            yield started


def _planned(home: Home, options: Options) -> Stack:
    return Stack(
        env={},
        maildir=home.folder / Mail.directory,
        kafka=_kafka(home, options) if options.get("kafka", True) else None,
        mongo=_mongo(home, options) if options.get("mongo", True) else None,
        mail=Mail(home, options.get("smtp_port")) if options.get("mail", True) else None,
    )


def _kafka(home: Home, options: Options) -> Kafka:
    install, port = partial(install_kafka, home.settings, home.progress), options.get("kafka_port")
    security = options.get("security")
    return Kafka(home, install, port) if security is None else SecuredKafka(home, install, port, security)


def _mongo(home: Home, options: Options) -> Mongo:
    port, security = options.get("mongo_port"), options.get("security")
    cache = options.get("mongo_cache", 0.5)
    return Mongo(home, port, cache) if security is None else SecuredMongo(home, port, security)


def _look_at_the_system(progress: Callable[[str], None]) -> None:
    if os.name != "posix":
        raise StackError("A stack needs Linux or macOS: on Windows use the Windows Subsystem for Linux.")
    if sys.platform != "linux":
        progress("On this system the servers of a stack live on if its parent is killed with SIGKILL.")
