"""`vigie completion SHELL`."""

import click

from vigie.cli.options import say


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print the completion script of a shell.

    \b
    source <(vigie completion bash)
    """
    from click.shell_completion import get_completion_class

    from vigie.cli.main import cli

    kind = get_completion_class(shell)
    assert kind is not None
    say(kind(cli, {}, "vigie", "_VIGIE_COMPLETE").source() + "\n")
