"""A port that was chosen is not chosen again before its server listens, by whomever."""

import os
import subprocess
import sys

import pytest

from services.ops.stack import ports
from services.ops.stack.errors import StackError

ASK = """
import sys
from services.ops.stack import ports
ports.FIRST = ports.LAST = int(sys.argv[1])
print(ports.free_port())
"""


@pytest.fixture
def only(monkeypatch: pytest.MonkeyPatch) -> int:
    """The one port there is to choose from, chosen."""
    port = ports.free_port()
    monkeypatch.setattr(ports, "FIRST", port)
    monkeypatch.setattr(ports, "LAST", port)
    return port


def test_a_chosen_port_is_not_chosen_again(only: int) -> None:
    with pytest.raises(StackError, match=f"No free port between {only} and {only}"):
        ports.free_port()


def test_another_process_does_not_choose_it_either(only: int) -> None:
    asked = subprocess.run([sys.executable, "-c", ASK, str(only)], capture_output=True, text=True, check=False)
    assert f"No free port between {only}" in asked.stderr


def test_claims_are_given_up_in_their_order(monkeypatch: pytest.MonkeyPatch, only: int) -> None:
    monkeypatch.setattr(ports, "CLAIMS", 1)
    monkeypatch.setattr(ports, "LAST", ports.FIRST + 20)
    while len(ports._claims) > 1:
        os.close(ports._claims.popleft())
    assert ports.free_port() != only  # and its claim pushes the first one out
    monkeypatch.setattr(ports, "LAST", only)
    assert ports.free_port() == only
