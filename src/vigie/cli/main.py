"""The group of commands, each imported when it is called."""

import os
import sys
from importlib import import_module

import click

from vigie.model.errors import VigieError

_COMMANDS = {
    "ask": "Name the root causes of what is broken.",
    "check": "Run every rule and list what it finds.",
    "completion": "Print the completion script of a shell.",
    "describe": "Show everything that is known of one object.",
    "diff": "Compare two readings of a system.",
    "draw": "Draw the graph, its edges bundled.",
    "explain": "Explain a rule, a class, or a cause of the last answer.",
    "get": "List objects of the graph.",
    "rules": "List the rules.",
    "systems": "List the systems that vigie knows.",
    "version": "Print the version.",
}


class Commands(click.Group):
    """A group whose commands are modules of this package, imported only when they run."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = import_module(f"vigie.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(None, "--version", package_name="vigie", message="%(version)s")
def cli() -> None:
    """vigie, the lookout: any evidence of a Kubernetes system in, the root cause and its proof out.

    \b
    vigie ask broken                          of the cluster that kubectl would talk to
    vigie ask broken -f support-bundle.tar.gz of somebody else's
    kubectl get all,ev -A -o json | vigie ask broken -f -
    """


def main() -> None:
    """The entry point: one line on stderr for what a person can mend, exit code 2."""
    try:
        cli(prog_name="kubectl vigie" if os.path.basename(sys.argv[0]).startswith("kubectl-") else "vigie")  # noqa: PTH119
    except VigieError as error:
        from vigie.views.escape import terminal

        click.echo(f"vigie: {terminal(str(error))}", err=True)
        sys.exit(2)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
