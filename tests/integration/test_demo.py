"""The demo, from the command line and to its end: what it proves, and what it leaves behind."""

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BEGUN = "Billing activates"  # the first scene
MARK = "TEST_OF_THE_DEMO"


class Demo:
    """A demo in a process of its own, and all processes that come of it."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.mark = f"{MARK}={uuid.uuid4()}"
        self.story, self.findings = folder / "story", folder / "findings"
        environ = {**os.environ, "TMPDIR": str(folder), MARK: self.mark.partition("=")[2]}
        with self.story.open("wb") as story, self.findings.open("wb") as findings:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "services.ops", "demo", "--json", *options],
                cwd=ROOT, env=environ, stdin=subprocess.DEVNULL, stdout=findings, stderr=story,
            )  # fmt: skip

    def processes(self) -> dict[int, str]:
        """Give the command lines of all that live, by process id."""
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if self.mark.encode() in (folder / "environ").read_bytes().split(b"\0"):
                    found[int(folder.name)] = (folder / "cmdline").read_text().replace("\0", " ")
            except OSError:  # another user's, or gone meanwhile
                continue
        return found

    def begun(self) -> "Demo":
        """Wait until the story goes on."""
        until(lambda: BEGUN in self.story.read_text() or self.process.poll() is not None, 90)
        assert self.process.poll() is None, self.story.read_text()
        return self

    def ended(self) -> int:
        """Wait for its end, and for the end of all that came of it; give its exit code."""
        code = self.process.wait(300)
        until(lambda: not self.processes(), 10)
        return code

    def found(self) -> list[dict[str, object]]:
        """Give what it has proven."""
        return [json.loads(line) for line in self.findings.read_text().splitlines()]


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Callable[..., Demo]]:
    """Give demos, none of which outlives the test."""
    begun: list[Demo] = []

    def begin(*options: str) -> Demo:
        begun.append(Demo(tmp_path, *options))
        return begun[-1]

    yield begin
    for each in begun:
        each.process.kill()
        each.process.wait()


def until(happens: Callable[[], bool], seconds: float) -> None:
    """Wait until something happens; fail if it does not."""
    deadline = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < deadline, f"did not happen within {seconds} s"
        time.sleep(0.1)


pytestmark = pytest.mark.timeout(400)  # a year takes a minute of a quiet machine
needs_proc = pytest.mark.skipif(sys.platform != "linux", reason="processes are found and leashed on Linux")


@needs_proc
def test_a_year_of_numbers_proves_all_that_it_shows_and_leaves_nothing_running(demo: Callable[..., Demo]) -> None:
    played = demo("--seconds", "30")
    assert played.ended() == 0, played.story.read_text() + played.findings.read_text()
    found = played.found()
    assert [finding for finding in found if not finding["ok"]] == []
    assert all(list(finding) == ["check", "ok", "evidence"] and finding["evidence"] for finding in found)
    assert len(found) >= 15
    story = played.story.read_text()
    assert "\x1b" not in story
    assert 50 < len(story.splitlines()) < 300


@needs_proc
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 130), (signal.SIGKILL, -9)])
def test_a_demo_that_is_interrupted_leaves_nothing_running(
    demo: Callable[..., Demo], number: signal.Signals, code: int
) -> None:
    played = demo().begun()
    assert len(played.processes()) >= 9  # itself, three servers, five services
    played.process.send_signal(number)
    assert played.ended() == code


@needs_proc
def test_a_service_that_ends_by_itself_fails_the_demo_in_a_sentence(demo: Callable[..., Demo]) -> None:
    played = demo().begun()
    [pid] = [pid for pid, command in played.processes().items() if "run provisioning" in command]
    os.kill(pid, signal.SIGKILL)
    assert played.ended() == 1
    story = played.found()[0]
    assert story["ok"] is False
    assert str(story["evidence"]).startswith("provisioning has ended by itself")
