"""How long numbers rest."""

from datetime import timedelta
from pathlib import Path

import pytest

from contracts.policy import BUILT_IN_CAUSES, Policy, Traits
from services.chassis.errors import Refusal
from services.inventory.settings import InventorySettings

SHIPPED = Policy.shipped()
LOCAL = Traits("SG", "sg-local", "voip")
DAY = timedelta(days=1)


SERVERS = {"KAFKA_BOOTSTRAP_SERVERS": "kafka:9092", "MONGODB_URL": "mongodb://mongo"}
CAUSES = ("manual", "subscription_expired", "subscription_terminated", "swapped_out", "removed", "locked")
WHOLE = 'notice = "7d"\n' + "".join(f'[period.{cause}]\nnormal = "28d"\nported_in = "28d"\n' for cause in CAUSES)


def policy(more: str) -> Policy:
    return Policy.parse((WHOLE + more).encode())


@pytest.mark.parametrize(
    ("cause", "normal", "ported_in"),
    [
        ("manual", 28, 28),
        ("subscription_expired", 56, 84),
        ("subscription_terminated", 28, 56),
        ("swapped_out", 1, 28),
        ("removed", 1, 28),
        ("locked", 28, 28),
    ],
)
def test_a_number_rests_as_long_as_the_shipped_policy_says(cause: str, normal: int, ported_in: int) -> None:
    assert SHIPPED.period_of(cause, LOCAL) == normal * DAY
    assert SHIPPED.period_of(cause, LOCAL._replace(ported_in=True)) == ported_in * DAY


def test_the_shipped_policy_has_these_causes_and_warns_a_week_before() -> None:
    assert set(SHIPPED.period) == set(CAUSES)
    assert set(BUILT_IN_CAUSES) == {"manual", "locked"}
    assert SHIPPED.notice_of(LOCAL) == 7 * DAY
    assert SHIPPED.swap_same_sku
    assert SHIPPED.override == ()


@pytest.mark.parametrize(
    ("override", "fits"),
    [
        ('country = "SG"', True),
        ('sku = "sg-local"', True),
        ('number_type = "voip"', True),
        ('country = "SG"\nsku = "sg-local"\nnumber_type = "voip"', True),
        ("", True),
        ('country = "MY"', False),
        ('sku = "sg-gold"', False),
        ('number_type = "mobile"', False),
        ('country = "SG"\nsku = "sg-gold"', False),
    ],
)
def test_an_override_is_for_the_numbers_that_fit_all_of_it(override: str, fits: bool) -> None:
    periods = '[override.period.manual]\nnormal = "90d"\nported_in = "120d"\n'
    tuned = policy(f'[[override]]\n{override}\nnotice = "14d"\n{periods}')
    assert tuned.period_of("manual", LOCAL) == (90 if fits else 28) * DAY
    assert tuned.period_of("manual", LOCAL._replace(ported_in=True)) == (120 if fits else 28) * DAY
    assert tuned.notice_of(LOCAL) == (14 if fits else 7) * DAY
    assert tuned.period_of("locked", LOCAL) == 28 * DAY


def test_of_two_overrides_that_fit_the_last_one_wins() -> None:
    tuned = policy('[[override]]\ncountry = "SG"\nnotice = "1d"\n[[override]]\nsku = "sg-local"\nnotice = "2d"\n')
    assert tuned.notice_of(LOCAL) == 2 * DAY


def test_a_cause_of_ones_own_is_known_once_it_has_a_period() -> None:
    assert not SHIPPED.knows("fraud")
    assert policy('[period.fraud]\nnormal = "90m"\nported_in = "30s"\n').period_of("fraud", LOCAL) == timedelta(
        minutes=90
    )


@pytest.mark.parametrize(
    ("document", "names"),
    [
        ("notice", "Expected '='"),
        (WHOLE.replace('notice = "7d"\n', ""), "notice: Field required"),
        (WHOLE.replace("[period.removed]", "[period.moved]"), "period lacks removed"),
        (WHOLE.replace('normal = "28d"', 'normal = "28"', 1), "period.manual.normal: Value error, must be a period"),
        (WHOLE.replace('normal = "28d"', 'normal = "-1d"', 1), "period.manual.normal: Value error, must be a period"),
        (WHOLE.replace('normal = "28d"', "normal = 28", 1), "period.manual.normal: Value error, must be a period"),
        (WHOLE.replace('normal = "28d"', 'normal = "28 days"', 1), "period.manual.normal"),
        (WHOLE.replace('normal = "28d"', 'normal = "40000d"', 1), "must not be longer than 36500d"),
        (WHOLE.replace('ported_in = "28d"\n', "", 1), "period.manual.ported_in: Field required"),
        (WHOLE.replace("ported_in", "ported", 1), "period.manual"),
        ('notise = "7d"\n' + WHOLE, "notise: Extra inputs are not permitted"),
        (WHOLE + '[[override]]\ncuntry = "SG"\n', "override.0.cuntry: Extra inputs are not permitted"),
        (WHOLE + '[[override]]\ncountry = "Singapore"\n', "override.0.country"),
        (WHOLE + '[[override]]\n[override.period.fraud]\nnormal = "1d"\nported_in = "1d"\n', "override names fraud"),
    ],
)
def test_a_faulty_file_is_refused_in_one_sentence_that_names_the_fault(
    tmp_path: Path, document: str, names: str
) -> None:
    file = tmp_path / "policy.toml"
    file.write_text(document)
    with pytest.raises(Refusal) as refusal:
        tuned_by(file)
    sentence = str(refusal.value)
    assert sentence.startswith("NUMBERBANK_POLICY names a file that is no policy: ")
    assert names in sentence
    assert "\n" not in sentence


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="NUMBERBANK_POLICY names a file that cannot be read: No such file"):
        tuned_by(tmp_path / "none.toml")


def test_a_file_that_is_no_text_is_said(tmp_path: Path) -> None:
    file = tmp_path / "policy.toml"
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(Refusal, match="NUMBERBANK_POLICY names a file that is no policy"):
        tuned_by(file)


def tuned_by(file: Path) -> Policy:
    return InventorySettings.load({**SERVERS, "NUMBERBANK_POLICY": str(file)}).policy
