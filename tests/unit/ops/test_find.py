"""What `numberbank find` says to those who ask for what cannot be."""

import pytest

from services.ops.cli import outcome_of


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--pattern", "6[5]"], "pattern: has '['; write digits"),
        (["--pattern", "1" * 16], "no number has more than 15"),
        (["--state", "broken"], "'broken' is not one of available, reserved"),
        (["--country", "sg"], "country.0"),
        (["--exactly"], "exactly needs capability"),
        (["--since-from", "2026-03-01", "--since-to", "2026-02-01"], "since_from must lie before since_to"),
        (["--preset", "fresh"], "there are stale, ending-soon, charged"),
        (["--until-to", "soon"], "is no time"),
        (["--limit", "0"], "1<=x<=1000"),
        (["\x00"], "q: "),
    ],
)
def test_a_search_that_cannot_be_meant_gets_a_sentence(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert outcome_of(["find", *arguments]) == 2
    assert said in capsys.readouterr().err


def test_without_a_database_it_says_which_setting_is_missing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MONGODB_URL", raising=False)
    assert outcome_of(["find", "6531"]) == 2
    assert "MONGODB_URL is not set" in capsys.readouterr().err
