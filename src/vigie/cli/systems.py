"""`vigie systems`."""

import click

from vigie.cli.options import output, say


@click.command("systems")
@output("table", "json")
def command(output: str) -> None:
    """List the systems that vigie knows, with the number of kinds, symptoms and rules of each."""
    import msgspec

    from vigie import pipeline
    from vigie.views import terminal

    found = pipeline.schema().systems
    if output == "json":
        rows = [
            {"name": s.name, "title": s.title, "prefix": s.prefix, "kinds": len(s.kinds), "symptoms": len(s.symptoms),
             "rules": len(s.rules)}
            for s in found
        ]  # fmt: skip
        text = msgspec.json.encode({"apiVersion": "vigie/v1", "kind": "SystemList", "items": rows})
        say(msgspec.json.format(text, indent=2).decode() + "\n")
        return
    say(
        terminal.table(
            ["NAME", "TITLE", "KINDS", "SYMPTOMS", "RULES"],
            [[s.name, s.title, str(len(s.kinds)), str(len(s.symptoms)), str(len(s.rules))] for s in found],
        )
    )
