"""`vigie version`."""

import click

from vigie.cli.options import output, say


@click.command("version")
@output("table", "json")
def command(output: str) -> None:
    """Print the version of vigie and of what it runs on."""
    import platform

    import msgspec

    from vigie import __version__

    facts = {
        "apiVersion": "vigie/v1",
        "vigie": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
    }
    if output == "json":
        say(msgspec.json.encode(facts).decode() + "\n")
    else:
        say(f"vigie {__version__} (Python {facts['python']}, {facts['platform']})\n")
