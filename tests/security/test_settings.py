"""What is set wrongly is said in one sentence that names the variable, and holds no secret."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from pydantic import SecretStr

from services.chassis.errors import WrongSetting
from services.chassis.mongo import MongoStore
from services.chassis.security.broker import shown
from services.chassis.security.cluster import MECHANISMS
from services.chassis.settings import Settings, secrets_of
from services.notification.settings import NotificationSettings
from services.ops.settings import ClientSettings
from tests.security.authority import Authority

SECRET = "s3cret"
PLAIN = {"KAFKA_BOOTSTRAP_SERVERS": "k:9092", "MONGODB_URL": "mongodb://m", "SMTP_URL": "smtp://s"}
USER = {"KAFKA_SASL_USERNAME": "inventory", "KAFKA_SASL_PASSWORD": SECRET}
SASL = {**USER, "KAFKA_SECURITY_PROTOCOL": "SASL_SSL"}
TLS = {"KAFKA_SECURITY_PROTOCOL": "SSL"}
WRONG = [
    ({"KAFKA_SECURITY_PROTOCOL": "TLS"}, "KAFKA_SECURITY_PROTOCOL should be 'PLAINTEXT', 'SSL', 'SASL_PLAINTEXT' or"),
    ({**SASL, "KAFKA_SASL_MECHANISM": "GSSAPI"}, "KAFKA_SASL_MECHANISM should be 'SCRAM-SHA-512', 'SCRAM-SHA-256' or"),
    ({**SASL, "KAFKA_SASL_PASSWORD": ""}, "KAFKA_SASL_PASSWORD is not set"),
    ({**SASL, "KAFKA_SASL_USERNAME": ""}, "KAFKA_SASL_USERNAME is not set"),
    (USER, "KAFKA_SASL_USERNAME is set but KAFKA_SECURITY_PROTOCOL is PLAINTEXT, which names nobody"),
    (
        {"KAFKA_SSL_CAFILE": "/ca.pem"},
        "KAFKA_SSL_CAFILE is set but KAFKA_SECURITY_PROTOCOL is PLAINTEXT, which uses no",
    ),
    ({**TLS, "KAFKA_SSL_CAFILE": "/nowhere.pem"}, "KAFKA_SSL_CAFILE names /nowhere.pem, which cannot be read"),
    ({**TLS, "KAFKA_SSL_CAFILE": "/dev/null"}, "KAFKA_SSL_CAFILE names /dev/null, which holds no certificate"),
    ({**TLS, "KAFKA_SSL_KEYFILE": "/key.pem"}, "KAFKA_SSL_KEYFILE is set but KAFKA_SSL_CERTFILE is not"),
    ({**TLS, "KAFKA_SSL_CERTFILE": "/nowhere.pem"}, "KAFKA_SSL_CERTFILE or KAFKA_SSL_KEYFILE cannot be read"),
    ({**TLS, "KAFKA_SSL_CERTFILE": "/dev/null"}, "must name a certificate and its key"),
    ({**SASL, "KAFKA_SASL_PASSWORD_FILE": "/nowhere"}, "KAFKA_SASL_PASSWORD and KAFKA_SASL_PASSWORD_FILE are both set"),
    ({"KAFKA_SASL_PASSWORD_FILE": "/nowhere"}, "KAFKA_SASL_PASSWORD_FILE names /nowhere, which cannot be read"),
    ({"KAFKA_SASL_PASSWORD_FILE": "/dev/null"}, "KAFKA_SASL_PASSWORD_FILE names /dev/null, which is empty"),
    ({"MONGODB_URL": f"postgres://u:{SECRET}@m"}, "MONGODB_URL must be mongodb://host:port"),
    ({"MONGODB_URL": f"mongodb://u:{SECRET}/{SECRET}@m"}, "with / @ : ? # in user and password written as %2F"),
    ({"MONGODB_URL": f"mongodb://u:{SECRET}@{SECRET}@m"}, "with / @ : ? # in user and password written as %2F"),
    ({"MONGODB_URL": f"mongodb://u:{SECRET}:{SECRET}@m"}, "with / @ : ? # in user and password written as %2F"),
    ({"MONGODB_URL": f"mongodb://u:{SECRET}?{SECRET}@m"}, "with / @ : ? # in user and password written as %2F"),
    ({"MONGODB_URL": f"mongodb://:{SECRET}@m:port"}, "MONGODB_URL must name its servers as host or host:port"),
    ({"SMTP_URL": f"http://u:{SECRET}@s"}, "SMTP_URL must be smtp://host:port"),
    ({"SMTP_URL": f"smtp://u:{SECRET}/{SECRET}@s"}, "SMTP_URL must be smtp://host:port"),
]


@pytest.mark.parametrize(("wrong", "sentence"), WRONG)
def test_a_wrong_setting_is_said_in_one_sentence_without_its_secret(wrong: Mapping[str, str], sentence: str) -> None:
    with pytest.raises(WrongSetting) as told:
        NotificationSettings.load({**PLAIN, **wrong})
    said = str(told.value)
    assert sentence in said
    assert SECRET not in said
    assert "\n" not in said


UNUSABLE = [
    "tls=true&tlsCAFile=/nowhere.pem",
    "tls=true&tlsCAFile=/dev/null",
    "tls=perhaps",
    f"tls=true&tlsCertificateKeyFile=/nowhere.pem&tlsCertificateKeyFilePassword={SECRET}",
    f"authMechanism=MONGODB-AWS&authMechanismProperties=AWS_SESSION_TOKEN:{SECRET},NOTHING:{SECRET}",
    "tlsCertificate=/file.pem",
    "w=-1",
]


@pytest.mark.parametrize("options", UNUSABLE)
def test_an_option_that_the_driver_refuses_is_said_without_any_secret(options: str) -> None:
    url = f"mongodb://u:{SECRET}%2F@127.0.0.1:9/?{options}"
    with pytest.raises(WrongSetting, match="MONGODB_URL cannot be used") as told:
        MongoStore(url, "inventory")
    assert SECRET not in str(told.value)


def test_every_secret_may_come_from_a_file(tmp_path: Path) -> None:
    files = {
        "KAFKA_SASL_PASSWORD": SECRET,
        "MONGODB_URL": f"mongodb://u:{SECRET}@m",
        "SMTP_URL": f"smtp://u:{SECRET}@s",
    }
    assert set(secrets_of(NotificationSettings)) == files.keys()
    named = {}
    for name, value in files.items():
        (tmp_path / name).write_text(f"{value}\n")
        named[f"{name}_FILE"] = str(tmp_path / name)
    rest = {"KAFKA_BOOTSTRAP_SERVERS": "k:9092", "KAFKA_SECURITY_PROTOCOL": "SASL_SSL", "KAFKA_SASL_USERNAME": "u"}
    settings = NotificationSettings.load({**rest, **named})
    assert settings.kafka.client["sasl_plain_password"] == SECRET
    assert settings.mongo.get_secret_value() == files["MONGODB_URL"]
    assert settings.smtp.password == SecretStr(SECRET)


@pytest.mark.parametrize("kind", [Settings, NotificationSettings, ClientSettings])
def test_settings_and_what_is_made_of_them_show_no_secret(kind: type[Settings]) -> None:
    urls = {"MONGODB_URL": f"mongodb://u:{SECRET}@m", "SMTP_URL": f"smtp://u:{SECRET}@s"}
    settings = kind.load({**PLAIN, **SASL, **urls})
    for shown_to_people in (settings, settings.kafka, settings.model_dump(), settings.__dict__, settings.kafka.user):
        assert SECRET not in f"{shown_to_people!r} {shown_to_people}"


@pytest.mark.parametrize("mechanism", MECHANISMS)
@pytest.mark.parametrize("protocol", ["SASL_PLAINTEXT", "SASL_SSL"])
def test_aiokafka_and_faststream_are_told_the_same(mechanism: str, protocol: str) -> None:
    from faststream.kafka.security import parse_security

    given = {**SASL, "KAFKA_SECURITY_PROTOCOL": protocol, "KAFKA_SASL_MECHANISM": mechanism}
    cluster = ClientSettings.load({**PLAIN, **given}).kafka
    assert parse_security(shown(cluster)) == cluster.security
    assert (cluster.protocol, cluster.security["sasl_mechanism"]) == (protocol, mechanism)


@pytest.mark.parametrize("protocol", ["PLAINTEXT", "SSL"])
def test_the_same_without_a_user(protocol: str, tmp_path: Path) -> None:
    from faststream.kafka.security import parse_security

    named = Authority(tmp_path).certificate("client", name="client")
    shows = {"KAFKA_SSL_CERTFILE": str(named)} if protocol == "SSL" else {}
    cluster = ClientSettings.load({**PLAIN, "KAFKA_SECURITY_PROTOCOL": protocol, **shows}).kafka
    assert parse_security(shown(cluster)) == cluster.security
    assert cluster.protocol == protocol
