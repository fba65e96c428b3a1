"""Why a server lets nobody in, in one sentence that holds no secret."""

import asyncio
import re
from contextlib import suppress

from services.chassis.security.cluster import Cluster

PATIENCE = 5.0  # seconds in which a server has to show its reason


def certificate_trouble(server: str, text: str, authority: str, address: str) -> str | None:
    """Give the sentence for what OpenSSL says of a handshake, None when it is of something else.

    `authority`: the setting that names whom to trust; `address`: the one that names the server.
    """
    mismatch = re.search(r"(?:Hostname|IP address) mismatch, certificate is not valid for '([^']+)'", text)
    if mismatch:
        return (
            f"{server} shows a certificate that is not made for {mismatch[1]}: correct the host name in {address}, or "
            f"have the certificate made for it."
        )
    untrusted = re.search(r"certificate verify failed: ([^(]+?) ?\(", text)
    if untrusted:
        return f"{server} shows a certificate that is not trusted ({untrusted[1]}): correct {authority}."
    if "WRONG_VERSION_NUMBER" in text or "RECORD_LAYER_FAILURE" in text:
        return f"{server} does not speak TLS at this port: correct {address}, or use no TLS."
    if re.search(r"\b(CERTIFICATE_REQUIRED|BAD_CERTIFICATE|UNKNOWN_CA)\b", text):
        return f"{server} does not trust the certificate that was shown to it, or wants to be shown one."
    return None


def rights_trouble(cluster: Cluster, error: Exception) -> str | None:
    """Give the sentence for a right that Kafka's user lacks, None for other errors: those may pass, this one stays."""
    from aiokafka.errors import (
        ClusterAuthorizationFailedError,
        GroupAuthorizationFailedError,
        TopicAuthorizationFailedError,
    )

    kinds = (ClusterAuthorizationFailedError, GroupAuthorizationFailedError, TopicAuthorizationFailedError)
    if not isinstance(error, kinds):
        return None
    user = f"user {cluster.user.name!r}" if cluster.user else "a user that it does not know by name"
    return f"Kafka at {cluster} denies a right to {user} ({error}); `numberbank rights --kafka` lists what is needed."


async def kafka_refusal(cluster: Cluster) -> str | None:
    """Knock at each server by itself and give what the first says that refuses, None when none says anything.

    A client that finds no server says just that; the reason is in its log at most.
    """
    for server in cluster.servers:
        with suppress(ValueError, OSError, TimeoutError):
            async with asyncio.timeout(PATIENCE):
                if (sentence := await _knock(cluster, server)) is not None:
                    return sentence
    return None


async def _knock(cluster: Cluster, server: str) -> str | None:
    from aiokafka.conn import create_conn
    from aiokafka.errors import (
        AuthenticationFailedError,
        IllegalSaslStateError,
        KafkaError,
        SaslAuthenticationFailed,
        UnsupportedSaslMechanismError,
    )
    from aiokafka.protocol.metadata import MetadataRequest

    host, _, port = server.rpartition(":")
    user = cluster.user.name if cluster.user else ""
    try:
        connection = await create_conn(host.strip("[]"), int(port), **cluster.security)
        try:
            await connection.send(MetadataRequest([]))
        finally:
            connection.close()
    except (SaslAuthenticationFailed, AuthenticationFailedError):
        return (
            f"Kafka at {server} refuses user {user!r} and its password; correct KAFKA_SASL_USERNAME and "
            f"KAFKA_SASL_PASSWORD, or KAFKA_SASL_MECHANISM."
        )
    except (UnsupportedSaslMechanismError, IllegalSaslStateError):
        return f"Kafka at {server} does not take the mechanism that KAFKA_SASL_MECHANISM names, or takes none here."
    except OSError as error:
        where = f"Kafka at {server}"
        return certificate_trouble(where, str(error), "KAFKA_SSL_CAFILE", "KAFKA_BOOTSTRAP_SERVERS")
    except KafkaError:
        return (
            f"Kafka at {server} ends the conversation at once: what KAFKA_SECURITY_PROTOCOL names "
            f"({cluster.protocol}) is not what it speaks there."
        )
    return None
