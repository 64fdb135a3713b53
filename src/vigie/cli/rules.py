"""`vigie rules`."""

import click

from vigie.cli.options import output, say


@click.command("rules")
@click.option(
    "--question", type=click.Choice(["broken", "exposed", "next", "delivered"]), help="Only of this question."
)
@output("table", "json", "name")
def command(question: str | None, output: str) -> None:
    """List the rules: id, name, severity, the kind they look at, and the classes of causes that they may name."""
    import msgspec

    from vigie import pipeline
    from vigie.views import terminal

    found = sorted(pipeline.rules(question or ""), key=lambda r: r.id)
    if output == "json":
        rows = [
            {"id": r.id, "name": r.name, "severity": r.severity, "on": r.on, "causes": r.causes, "title": r.title,
             "since": r.since, "question": r.question, "aliases": r.aliases}
            for r in found
        ]  # fmt: skip
        text = msgspec.json.encode({"apiVersion": "vigie/v1", "kind": "RuleList", "items": rows})
        say(msgspec.json.format(text, indent=2).decode() + "\n")
    elif output == "name":
        say("".join(f"{r.id}\n" for r in found))
    else:
        say(
            terminal.table(
                ["ID", "NAME", "SEVERITY", "ON", "TITLE"], [[r.id, r.name, r.severity, r.on, r.title] for r in found]
            )
        )
