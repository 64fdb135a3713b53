"""`vigie draw`."""

from typing import Any

import click

from vigie.cli.options import Source, source
from vigie.model.errors import UsageError

_OF_MACHINES = ("zones", "machines")


@click.command("draw")
@click.option(
    "-o", "--output", "output", required=True, metavar="FILE", help="Where to: .svg .png .html .gexf .graphml .geojson"
)
@click.option("--graph", "graph_file", metavar="FILE", help="Draw this .gexf, .graphml or .csv instead of evidence.")
@click.option(
    "--by",
    type=click.Choice(["namespace", "machine"]),
    help="What contains what: namespaces, unless the level asked for is one of machines.",
)
@click.option("--level", metavar="LEVEL", help="estate, namespaces, workloads or pods; by machine: zones, machines.")
@click.option("--focus", metavar="TYPE/NAME", help="Only this object and what it is joined to.")
@click.option("--hops", default=1, show_default=True, help="How far around the focus.")
@click.option("--answer", type=click.Choice(["broken"]), help="Draw the answer to this question over the map.")
@click.option(
    "--solver",
    type=click.Choice(["stable", "fdeb", "gephi"]),
    default="stable",
    show_default=True,
    help="The bundling.",
)
@click.option(
    "--threshold", default=0.5, show_default=True, help="Least compatibility of edges that attract each other."
)
@click.option("--tolerance", type=float, help="Merge edges closer than this share of their length before bundling.")
@click.option("--seed", default=0, show_default=True, help="For layouts by forces.")
@click.option("--theme", type=click.Choice(["dark", "light"]), default="dark", show_default=True, help="The ground.")
@click.option(
    "--renderer", type=click.Choice(["flow", "simple", "gradient", "segments"]), default="flow", help="The lines."
)
@click.option("--width", default=1600, show_default=True, help="Pixels across.")
@click.option("--height", default=1000, show_default=True, help="Pixels down.")
@click.option(
    "--layout",
    type=click.Choice(["auto", "treemap", "forces"]),
    default="auto",
    show_default=True,
    help="Where things stand.",
)
@click.option("--title", default="", help="A title for the picture.")
@source
def command(source: Source, output: str, graph_file: str | None, title: str, **given: Any) -> None:
    """Draw the graph with its edges bundled, and the figures of the drawing beside it as JSON.

    \b
    vigie draw -f bundle.tar.gz --answer broken -o incident.svg
    vigie draw --level machines -o cluster.png
    vigie draw --graph flights.csv -o flights.png
    """
    from vigie.drawing.draw import draw, read_graph
    from vigie.drawing.picture import Style

    by, answered, focus = given.pop("by"), given.pop("answer"), given.pop("focus")
    by = by or ("machine" if given["level"] in _OF_MACHINES else "namespace")
    style = Style(title=title, **{name: given.pop(name) for name in ("theme", "renderer", "width", "height")})
    if graph_file:
        scene = read_graph(graph_file)
        focused: list[int] = [scene.ids.index(focus)] if focus in scene.ids else []
    else:
        scene, focused = _scene(source, by, answered, focus)
    if focus and not focused:
        raise UsageError(f"{focus} is not on the map", fix="without --focus the map shows what is")
    figures = draw(scene.with_(title=title or scene.title), output, focus=focused, style=style, **given)
    ink = figures.get("inkRatio")
    bundled = f", ink {ink:.2f} of straight" if isinstance(ink, float) else ""
    click.echo(f"{output}: {figures['vertices']} vertices, {figures.get('edges', 0)} edges{bundled}", err=True)


def _scene(source: Source, by: Any, answered: str | None, focus: str | None) -> tuple[Any, list[int]]:
    from vigie import pipeline
    from vigie.drawing.atlas import Atlas, scene

    graph = source.read()
    answer = pipeline.ask(graph, answered) if answered else None
    made = scene(graph, by=by, answer=answer)
    if not focus:
        return made, []
    atlas = Atlas(graph, by)
    named = [e for e in graph.find(focus) if not source.namespace or e.namespace == source.namespace]
    return made, [vertex for vertex in map(atlas.at, named) if vertex >= 0]
