"""`vigie ask broken [TYPE/NAME]`."""

import click

from vigie.cli.options import Source, colour, output, say, source, width
from vigie.model.errors import UsageError


@click.command("ask")
@click.argument("question", type=click.Choice(["broken"]))
@click.argument("target", required=False, metavar="[TYPE/NAME]")
@output("table", "wide", "name", "json", "yaml", "jsonl", "sarif", "junit", "markdown", "html")
@source
def command(source: Source, question: str, target: str | None, output: str) -> None:
    """Name the root causes of what is BROKEN, ranked, each with its proof, its victims and the fix.

    \b
    vigie ask broken                       everything
    vigie ask broken deploy/web -n shop    why this one is unwell
    vigie ask broken -f bundle.tar.gz -o json
    """
    from vigie import pipeline
    from vigie.cli import config, memory
    from vigie.questions import select
    from vigie.views import documents, plain, terminal

    graph = source.read()
    answer = pipeline.ask(graph, question)
    config.suppressions(graph).apply_to_answer(answer)
    if target:
        named = [e for e in graph.find(target) if not source.namespace or e.namespace in ("", source.namespace)]
        if not named:
            raise UsageError(f"{target} is not in the evidence", fix="`vigie get` lists what is")
        answer = select.about(answer, named)
    elif source.namespace and not source.all_namespaces:
        answer = select.within(answer, source.namespace)
    said = plain.answer(answer)
    memory.keep(said)
    if output in ("table", "wide"):
        say(terminal.answer(said, width=width(), colour=colour(), verbose=output == "wide"))
    else:
        say(documents.RENDER[output](said))
