"""From a map to a file: layout, levels, bundling, and the output that the file's suffix names."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from vigie.drawing.edgelist import read_csv
from vigie.drawing.forces import force_layout
from vigie.drawing.geojson import write_geojson
from vigie.drawing.gexf import read_gexf, write_gexf
from vigie.drawing.graphml import read_graphml, write_graphml
from vigie.drawing.levels import Level, around, depth_named, inherit, level, subset
from vigie.drawing.page import page
from vigie.drawing.picture import Style
from vigie.drawing.raster import png
from vigie.drawing.scene import Curves, Map
from vigie.drawing.simplify import simplify
from vigie.drawing.treemap import WIDTH, treemap
from vigie.drawing.vector import svg
from vigie.model.errors import UsageError, VigieError

SUFFIXES = (".svg", ".png", ".html", ".gexf", ".graphml", ".geojson")
READERS: dict[str, Callable[[Path], Map]] = {
    ".gexf": read_gexf,
    ".graphml": read_graphml,
    ".csv": read_csv,
    ".tsv": read_csv,
}
MOST_ON_PAGE = 120_000
HEADER = 0.035
LARGEST = 1e100
START_POINTS = 34


def read_graph(path: str | Path) -> Map:
    """Read a graph from GEXF, GraphML or CSV. Raises VigieError, in one line, for anything else or anything broken."""
    path = Path(path)
    try:
        reader = READERS[path.suffix.lower()]
    except KeyError:
        raise UsageError("is no graph that can be read", where=str(path), fix="give .gexf, .graphml or .csv") from None
    scene = reader(path)
    return scene if scene.title else scene.with_(title=path.stem)


def draw(
    scene: Map,
    path: str | Path,
    *,
    level: str | int | None = None,
    focus: Sequence[int] = (),
    hops: int = 1,
    layout: str = "auto",
    solver: str = "stable",
    threshold: float = 0.5,
    tolerance: float | None = None,
    seed: int = 0,
    style: Style | None = None,
    beside: bool = True,
    **options: Any,
) -> dict[str, Any]:
    """Draw `scene` to `path` (.svg .png .html .gexf .graphml .geojson) and return the figures of the drawing.

    level     name or depth of the level of detail; None draws all there is (a page gets every level)
    focus     vertices to which the drawing is cut, with their neighbours up to `hops` edges away
    layout    treemap, forces, or auto: positions as given, else by containment if there is any, else by forces
    tolerance merging of near edges before bundling, 0..1; None takes 0 up to 20,000 edges, .1 up to 200,000, .2 beyond
    beside    whether the figures are written as NAME.figures.json beside the picture
    options   further arguments of `vigie.drawing.bundling.bundle`

    Edges that have a curve keep it. Raises UsageError for an unknown suffix, level, layout or solver, VigieError for a
    file that cannot be written.
    """
    path, style = Path(path), style or Style()
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise UsageError(f"cannot draw to {path.name!r}", fix=f"use one of {' '.join(SUFFIXES)}")
    _within_reason(scene)
    if len(focus):
        scene = subset(scene, around(scene, np.asarray(focus, dtype=np.int64), hops))
    placed, how = place(scene, style, layout, seed)
    asked = dict(solver=solver, threshold=threshold, seed=seed, tolerance=tolerance, **options)
    if suffix == ".html" and level is None:
        levels, names, figures = _levels(placed, asked)
    else:
        shown = placed if level is None else cut(placed, depth_named(placed, level)).map
        levels, names, figures = [shown], ["all"], {}
        levels[0], figures = bundled(shown, asked)
    figures |= {"vertices": levels[-1].vertices, "layout": how, "level": level if level is not None else "all"}
    _write(path, suffix, levels, names, style, figures)
    if beside:
        text = json.dumps(figures, indent=2, sort_keys=True, default=_plain) + "\n"
        _save(path.with_suffix(".figures.json"), text.encode("utf-8"))
    return figures


def _within_reason(scene: Map) -> None:
    """Refuse numbers whose sums would leave the range of floats."""
    for name, array in (("weight", scene.weight), ("edge_weight", scene.edge_weight), ("position", scene.position)):
        if array is not None and len(array) and float(np.nanmax(np.abs(array), initial=0)) > LARGEST:
            raise VigieError(f"{name} holds a number beyond {LARGEST:.0e}", fix="scale the graph down")


cut = level
"""The level of a map at a depth, under a name that an argument called `level` does not hide."""


def place(scene: Map, style: Style, layout: str, seed: int) -> tuple[Map, str]:
    """The map with positions, and the name of the layout: given, treemap or forces. Raises UsageError."""
    if layout not in ("auto", "treemap", "forces"):
        raise UsageError(f"there is no layout {layout!r}", fix="use treemap, forces or auto")
    if layout == "auto":
        if scene.position is not None and scene.placed().any():
            return scene, "given"
        layout = "treemap" if (scene.parent >= 0).any() or not scene.edges else "forces"
    if layout == "forces":
        return force_layout(scene.with_(box=None, curves=None), seed=seed), "forces"
    height = WIDTH * (style.height - 156) / (style.width - 56)
    deep = int(scene.depth().max(initial=0)) >= 1
    return treemap(
        scene.with_(curves=None), height=max(height, 100.0), inset=0.02, header=HEADER if deep else 0.0
    ), "treemap"


def bundled(scene: Map, asked: dict[str, Any], above: tuple[Level, Curves] | None = None) -> tuple[Map, dict[str, Any]]:
    """The map with a curve for each edge that can have one, and the figures of the bundling.

    `asked` are the arguments of `bundle`; `above` a coarser level of this map with its curves, from which these start.
    """
    drawn = scene.drawable()
    figures: dict[str, Any] = {
        "edges": int(scene.members.sum()),
        "lines": len(drawn),
        "selfLoops": int((scene.source == scene.target).sum()),
        "unplaced": int((~scene.placed()).sum()),
    }
    if scene.curves is not None or not len(drawn):
        return scene, figures | {
            "solver": "given" if scene.curves is not None else asked["solver"],
            "seed": asked["seed"],
        }
    from vigie.drawing.bundling import bundle

    segments = scene.straight()
    arguments = {key: value for key, value in asked.items() if key != "tolerance"}
    arguments["tolerance"] = _tolerance(len(drawn)) if asked.get("tolerance") is None else asked["tolerance"]
    if above is not None:
        arguments["start"] = inherit(above[1], above[0], segments, drawn, START_POINTS)
    several = len(np.unique(scene.type[drawn])) > 1
    bundles = bundle(
        segments, weights=scene.edge_weight[drawn], types=scene.type[drawn] if several else None, **arguments
    )
    curves = Curves.of_array(np.asarray(bundles.points, dtype=np.float64), drawn, scene.edges)
    intensity = np.zeros(scene.edges)
    intensity[drawn] = bundles.intensity
    figures = {**bundles.figures, **figures, "tolerance": arguments["tolerance"], "threshold": arguments["threshold"]}
    return scene.with_(curves=curves, intensity=intensity), figures


def _tolerance(edges: int) -> float:
    return 0.0 if edges <= 20_000 else 0.1 if edges <= 200_000 else 0.2


def _levels(scene: Map, asked: dict[str, Any]) -> tuple[list[Map], list[str], dict[str, Any]]:
    """Every level of a map for a page, coarse to fine, each bundled from the curves of the one above it."""
    levels: list[Map] = []
    names: list[str] = []
    by_level: list[dict[str, Any]] = []
    coarser: Curves | None = None
    finest = int(scene.depth().max(initial=0))
    for depth in range(finest + 1):
        shown, left_out = _heaviest(cut(scene, depth).map if depth < finest else scene)
        above = None
        if coarser is not None:
            up = cut(shown, depth - 1)
            above = (up, coarser) if up.map.edges == coarser.edges else None
        done, figures = bundled(shown, asked, above)
        levels.append(done)
        names.append(scene.level_names[depth] if depth < len(scene.level_names) else f"level {depth}")
        by_level.append(figures | {"leftOut": left_out, "name": names[-1]})
        coarser = done.curves
    return levels, names, by_level[-1] | {"levels": by_level}


def _heaviest(scene: Map) -> tuple[Map, int]:
    """The map with its `MOST_ON_PAGE` heaviest edges, and how many were left out."""
    if scene.edges <= MOST_ON_PAGE:
        return scene, 0
    kept = np.sort(np.argsort(-scene.edge_weight, kind="stable")[:MOST_ON_PAGE])
    fewer = scene.with_(
        source=scene.source[kept],
        target=scene.target[kept],
        type=scene.type[kept],
        edge_weight=scene.edge_weight[kept],
        directed=scene.directed[kept],
        members=scene.members[kept],
        curves=None if scene.curves is None else Curves.of_list([scene.curves.of(int(edge)) for edge in kept]),
    )
    return fewer, scene.edges - MOST_ON_PAGE


def _write(path: Path, suffix: str, levels: list[Map], names: list[str], style: Style, figures: dict[str, Any]) -> None:
    shown = levels[-1]
    if suffix == ".png":
        _save(path, png(shown, style, figures))
    elif suffix == ".svg":
        _save(path, svg(shown, style, figures).encode("utf-8"))
    elif suffix == ".html":
        _save(path, page(levels, names, style, figures).encode("utf-8"))
    else:
        if shown.curves is not None and len(shown.curves.points):
            span = float(np.ptp(shown.curves.points, axis=0).max())
            shown = shown.with_(curves=simplify(shown.curves, span / 10_000))
        {".gexf": write_gexf, ".graphml": write_graphml, ".geojson": write_geojson}[suffix](shown, path)


def _save(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        raise VigieError(f"cannot be written: {error.strerror}", where=str(path), fix="check the folder") from None


def _plain(value: object) -> object:
    """A numpy value as JSON knows it."""
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    return str(value)
