"""GeoJSON out (RFC 7946): vertices as points, edges as lines, for any map viewer.

A map whose coordinates are no degrees is scaled into the world, and says by how much in the member `vigie`.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np

from vigie.drawing.scene import SEVERITIES, Curves, Map
from vigie.model.errors import VigieError


def write_geojson(scene: Map, path: Path) -> None:
    """Write the placed map; longitude is x, latitude is y upwards. Raises VigieError if the file cannot be written."""
    placed = scene.placed()
    position = np.zeros((scene.vertices, 2)) if scene.position is None else scene.position * (1, -1) + 0.0
    curves = (
        scene.curves
        if scene.curves is not None
        else Curves.of_array(scene.straight().reshape(-1, 2, 2), scene.drawable(), scene.edges)
    )
    lines = curves.points * (1, -1) + 0.0
    scale, shift = _fit(np.concatenate((position[placed], lines)))
    features: list[dict[str, Any]] = []
    for vertex in np.flatnonzero(placed).tolist():
        properties: dict[str, Any] = {"id": scene.ids[vertex], "label": scene.labels[vertex]}
        if name := scene.kind_names[scene.kind[vertex]]:
            properties["kind"] = name
        if scene.severity[vertex]:
            properties |= {"severity": SEVERITIES[scene.severity[vertex]], "note": scene.notes.get(vertex, "")}
        features.append(_feature("Point", (position[vertex] * scale + shift).tolist(), properties))
    placed_lines = lines * scale + shift
    for edge in np.flatnonzero(np.diff(curves.offset) >= 2).tolist():
        properties = {
            "source": scene.ids[scene.source[edge]],
            "target": scene.ids[scene.target[edge]],
            "type": scene.type_names[scene.type[edge]],
            "weight": float(scene.edge_weight[edge]),
            "directed": bool(scene.directed[edge]),
        }
        features.append(
            _feature("LineString", placed_lines[curves.offset[edge] : curves.offset[edge + 1]].tolist(), properties)
        )
    document = {"type": "FeatureCollection", "vigie": {"scale": scale, "shift": shift.tolist()}, "features": features}
    try:
        path.write_text(json.dumps(document, ensure_ascii=True, separators=(",", ":")) + "\n", encoding="ascii")
    except OSError as error:
        raise VigieError(f"cannot be written: {error.strerror}", where=str(path), fix="check the folder") from None


def _feature(form: str, coordinates: list[Any], properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "Feature", "geometry": {"type": form, "coordinates": coordinates}, "properties": properties}


def _fit(points: np.ndarray) -> tuple[float, np.ndarray]:
    """The scale and shift that bring points into the world; 1 and 0 if they are degrees already."""
    if not len(points) or (np.abs(points[:, 0]).max() <= 180 and np.abs(points[:, 1]).max() <= 90):
        return 1.0, np.zeros(2)
    low, high = points.min(axis=0), points.max(axis=0)
    scale = float(min(160 / max(high[0] - low[0], 1e-9), 100 / max(high[1] - low[1], 1e-9)))
    return scale, -(low + high) / 2 * scale
