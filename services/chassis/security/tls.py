"""TLS as a client of Kafka uses it: which authority it trusts, and what certificate it shows."""

import ssl


def client_context(cafile: str | None, certfile: str | None, keyfile: str | None) -> ssl.SSLContext:
    """Make a context that checks certificates and host names. Raises `ValueError`, which names the variable."""
    context = _trusting(cafile)
    if certfile is not None:
        _show(context, certfile, keyfile)
    elif keyfile is not None:
        raise ValueError("KAFKA_SSL_KEYFILE is set but KAFKA_SSL_CERTFILE is not; a key needs its certificate")
    return context


def _trusting(cafile: str | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=cafile)
    except ssl.SSLError:
        raise ValueError(f"KAFKA_SSL_CAFILE names {cafile}, which holds no certificate in PEM form") from None
    except OSError as error:
        raise ValueError(f"KAFKA_SSL_CAFILE names {cafile}, which cannot be read: {error.strerror}") from None


def _show(context: ssl.SSLContext, certfile: str, keyfile: str | None) -> None:
    try:
        # A key that is encrypted must not ask for its password at a terminal.
        context.load_cert_chain(certfile, keyfile, password=lambda: "")
    except ssl.SSLError:
        raise ValueError(
            "KAFKA_SSL_CERTFILE and KAFKA_SSL_KEYFILE must name a certificate and its key, both PEM, and not encrypted"
        ) from None
    except OSError as error:
        raise ValueError(f"KAFKA_SSL_CERTFILE or KAFKA_SSL_KEYFILE cannot be read: {error.strerror}") from None
