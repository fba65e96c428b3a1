"""`numberbank completion`: the script that makes a shell know the commands."""

import click
from click.shell_completion import get_completion_class

from services.ops.printing import line


@click.command(epilog='Example: eval "$(numberbank completion bash)"')
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.option("--json", "as_json", is_flag=True, help="one object on standard output")
@click.pass_context
def completion(ctx: click.Context, shell: str, as_json: bool) -> None:
    """Print the completion script of a shell."""
    found = get_completion_class(shell)
    assert found is not None  # the three that click knows
    script = found(ctx.find_root().command, {}, "numberbank", "_NUMBERBANK_COMPLETE").source()
    if as_json:
        line({"shell": shell, "script": script})
    else:
        click.echo(script)
