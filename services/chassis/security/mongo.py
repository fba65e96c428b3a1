"""MongoDB's URL, which holds the user, the password and how TLS is used; and why MongoDB lets nobody in."""

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated
from urllib.parse import parse_qsl, unquote, urlsplit

from pydantic import AfterValidator, SecretStr

from services.chassis.errors import WrongSetting
from services.chassis.security.refusal import certificate_trouble

_ESCAPED = "with / @ : ? # in user and password written as %2F %40 %3A %3F %23"
_AUTHENTICATION_FAILED, _UNAUTHORIZED = 18, 13
_SECRET_OPTIONS = {"tlscertificatekeyfilepassword", "authmechanismproperties"}


def _checked(url: SecretStr) -> SecretStr:
    # The driver's own words about a URL may hold pieces of the password: it is looked at before the driver sees it.
    match = re.fullmatch(r"mongodb(?:\+srv)?://([^/?#]+)([^@]*)", url.get_secret_value(), re.DOTALL)
    user, at, hosts = match[1].rpartition("@") if match else ("", "", "")
    if not hosts or (at and not user) or "@" in user or user.count(":") > 1:
        raise ValueError(f"must be mongodb://host:port or mongodb://user:password@host:port/?options, {_ESCAPED}")
    for host in hosts.split(","):
        if not re.fullmatch(r"(\[[^\]]+\]|[^:\[\]]+)(:\d{1,5})?", host):
            raise ValueError("must name its servers as host or host:port, with commas between them")
    return url


MongoUrl = Annotated[SecretStr, AfterValidator(_checked)]


@contextmanager
def strictly(url: str) -> Iterator[None]:
    """Take the options of a URL as the driver is made. Raises `WrongSetting`, also where the driver would only warn.

    For it then goes on without the option: with `tls=yes` it would speak in the clear.
    """
    from pymongo.errors import PyMongoError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)
            yield
    except (PyMongoError, ValueError, TypeError, OSError, UserWarning) as error:
        raise WrongSetting(f"MONGODB_URL cannot be used: {said(error, url)}.") from None


def said(error: Exception, url: str) -> str:
    """Give what the driver says, in one line and without any secret of the URL."""
    text = " ".join(str(error).split(", Timeout:")[0].split())[:300]
    return "what it says is not shown: it holds a secret" if any(word in text for word in _secrets(url)) else text


def _secrets(url: str) -> Iterator[str]:
    parts = urlsplit(url)
    options = [value for name, value in parse_qsl(parts.query) if name.lower() in _SECRET_OPTIONS]
    for secret in (parts.password, *options):
        if secret:
            yield from {secret, unquote(secret)}


def mongo_trouble(error: Exception) -> str | None:
    """Give a sentence when MongoDB lets nobody in for who they are or what they show, None for other trouble."""
    code = getattr(error, "code", None)
    if code == _AUTHENTICATION_FAILED:
        return "MongoDB refuses user and password; correct them, and authSource, in MONGODB_URL."
    if code == _UNAUTHORIZED:
        return _denied(str(error))
    if re.search(r"connection (is already )?closed", str(error)):
        return "MongoDB closes the connection at once; if it wants TLS, say tls=true in MONGODB_URL."
    return certificate_trouble("MongoDB", str(error), "tlsCAFile in MONGODB_URL", "MONGODB_URL")


def _denied(text: str) -> str:
    # Not the whole: it goes on with what was to be read or written.
    match = re.search(r'not authorized on (\S+) to execute command \{ (\w+): "?([^",} ]+)', text)
    if match is None:
        return "MongoDB wants a user with the rights that `numberbank rights --mongo` lists; name one in MONGODB_URL."
    return (
        f"The user in MONGODB_URL has no right to {match[2]} {match[3]} in database {match[1]}; "
        f"`numberbank rights --mongo` lists what each service needs."
    )
