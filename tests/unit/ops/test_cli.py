import subprocess
import sys

import click
import pytest

from contracts.topics import SERVICES
from services.ops.cli import COMMANDS, cli, outcome_of

NUMBER = ["add", "import", "update", "reserve", "extend", "release", "assign", "transfer", "unassign", "lock", "unlock",
          "delete", "recover", "restore", "show", "history"]  # fmt: skip
BILLING = ["activate", "renew", "change", "swap", "transfer", "expire", "terminate", "reactivate", "account"]


TOO_MANY = ",".join(f"+65315800{i:02}" for i in range(51))


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1")
    for name in ("MONGODB_URL", "NUMBERBANK_CLOCK", "NUMBERBANK_ACTOR"):
        monkeypatch.delenv(name, raising=False)


def every_command(command=cli, path=()):
    ctx = click.Context(command)
    if isinstance(command, click.Group):
        for name in command.list_commands(ctx):
            yield from every_command(command.get_command(ctx, name), (*path, name))
    yield path, command


@pytest.mark.parametrize(("path", "command"), list(every_command()))
def test_every_command_has_help_that_ends_with_an_example_and_can_speak_json(path, command, capsys):
    assert outcome_of([*path, "--help"]) == 0
    told = capsys.readouterr().out
    assert "Example: " in told.rpartition("\n\n")[2]
    assert isinstance(command, click.Group) or "--json" in told


def test_the_verbs_are_those_of_the_contract():
    known = {path for path, _ in every_command()}
    assert {("number", verb) for verb in NUMBER} <= known
    assert {("billing", verb) for verb in BILLING} <= known
    assert not {("number", "expire"), ("number", "end_extension"), ("number", "end-extension")} & known


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_of_commands_says_what_their_own_help_says(name):
    ctx = click.Context(cli)
    command = cli.get_command(ctx, name)
    said = command.short_help or command.get_short_help_str(200)
    assert said.split()[0] == COMMANDS[name].help.split()[0]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["number", "reserve", "+6531580001", "--org", "acme", "--remark", "x", "--colour", "red"], "No such option"),
        (["number", "reserve", "+6531580001", "--org", "acme"], "Missing option '--remark'"),
        (["number", "reserve", "--org", "acme", "--remark", "x"], "Missing argument 'NUMBER...'"),
        (["number", "reserve", ",", "--org", "acme", "--remark", "x"], "NUMBER is missing"),
        (["number", "reserve", "0123", "--org", "acme", "--remark", "x"], "'0123' is no telephone number"),
        (["number", "release", "+6531580001", "--remark", "x" * 501], "--remark: String should have at most 500"),
        (["number", "add", "+6531580001", "--vendor", "v", "--country", "sg", "--sku", "s"], "--country"),
        (["number", "add", TOO_MANY, "--vendor", "v", "--country", "SG", "--sku", "s"], "At most 50"),
        (["number", "update", "+6531580001"], "Nothing is to be updated"),
        (["number", "update", "+6531580001", "--golden", "--clear", "golden"], "contradict"),
        (["number", "update", "+6531580001", "--clear", "vendor"], "'vendor' is not one of"),
        (["number", "extend", "+6531580001", "--did-reservation", "R-1", "--org", "acme"], "go together"),
        (["number", "lock", "+6531580001", "--remark", "x", "--until", "soon"], "or never"),
        (["number", "delete", "+6531580001", "--reason", "lost", "--remark", "x"], "'lost' is not one of"),
        (["number", "restore", "+6531580001", "--remark", "x"], "Missing option '--version'"),
        (["number", "restore", "+6531580001", "--remark", "x", "--version", "last"], "'last' is not a valid integer"),
        (["number", "restock", "+6531580001"], "No such command 'restock'"),
        (["billing", "swap", "S-1", "--old", "1", "--new", "+6531580002"], "'1' is no telephone number"),
        (["run", "inventary"], f"there are {', '.join(SERVICES)}"),
        (["tail", "inventory.event"], "There is no topic 'inventory.event'; there are billing.events, "),
        (["topics", "describe", "nothing"], "There is no topic 'nothing'"),
        (["completion", "tcsh"], "'tcsh' is not one of"),
        (["dlq", "discard"], "or say --all"),
        ([], "Usage"),
    ],
)
def test_a_wrong_usage_is_said_on_standard_error(arguments, sentence, capsys):
    assert outcome_of(arguments) == 2
    told = capsys.readouterr()
    assert sentence in told.err
    assert not told.out


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("KAFKA_BOOTSTRAP_SERVERS", ""),
        ("NUMBERBANK_CLOCK", "noon"),
        ("MONGODB_URL", "mysql://x"),
        ("NUMBERBANK_PARTITIONS", "0"),
    ],
)
def test_a_wrong_setting_is_said_by_its_name(variable, value, monkeypatch, capsys):
    monkeypatch.setenv(variable, value)
    assert outcome_of(["topics", "list"]) == 2
    assert variable in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["topics", "create"],
        ["number", "show", "+6531580001"],
        ["number", "release", "+6531580001", "--remark", "x"],
        ["billing", "account", "acme", "--kind", "customer", "--name", "Acme"],
        ["tail"],
        ["dlq", "list"],
    ],
)
def test_without_kafka_one_sentence_names_the_variable(arguments, capsys):
    assert outcome_of(arguments) == 4
    told = capsys.readouterr()
    assert "KAFKA_BOOTSTRAP_SERVERS" in told.err
    assert len(told.err.strip().splitlines()) == 1
    assert not told.out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_learns_the_commands(shell, capsys):
    assert outcome_of(["completion", shell]) == 0
    assert "_NUMBERBANK_COMPLETE" in capsys.readouterr().out


def test_help_waits_for_no_library():
    look = "import sys; from services.ops.cli import outcome_of; outcome_of(['--help']); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True).stdout.split()
    assert "click" in loaded
    assert not {"aiokafka", "faststream", "motor", "pydantic", "rich", "asyncio"} & set(loaded)
