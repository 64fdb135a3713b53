"""Compact levels of a drawing, the form that a page reads.

    8 bytes  b"vigie\\0\\1\\n"          4 bytes  length of the header (little-endian)
    header   JSON: origin, unit, names, and for each level its counts and labels
    body     the arrays of each level one after the other, little-endian

A point is two unsigned 16-bit steps of `unit` from `origin` for the start of a curve, then a signed 16-bit difference
for each further point; curves are simplified to less than one step in two thousand of the map's width before. The whole
is gzipped, which brings a bundled edge to some 46 bytes.
"""

import gzip
import json
import struct
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vigie.drawing.scene import SEVERITIES, Chain, Curves, Floats, Map
from vigie.drawing.simplify import simplify
from vigie.model.errors import VigieError

MAGIC = b"vigie\0\1\n"
GRID = 32_000
BLUR = 1 / 2000


def pack_levels(levels: Sequence[Map]) -> bytes:
    """The gzipped bytes of placed maps, coarse to fine, all in one coordinate system."""
    low, span = _extent(levels)
    unit = span / GRID
    bodies: list[bytes] = []
    headers = []
    for scene in levels:
        header, arrays = _pack(scene, low, unit, span * BLUR)
        headers.append(header)
        bodies += [array.tobytes() for array in arrays]
    head = json.dumps({"origin": low.tolist(), "unit": unit, "severities": SEVERITIES, "levels": headers}).encode(
        "ascii"
    )
    return gzip.compress(MAGIC + struct.pack("<I", len(head)) + head + b"".join(bodies), 6, mtime=0)


def _extent(levels: Sequence[Map]) -> tuple[Floats, float]:
    points = [np.zeros((1, 2)) if not levels else np.zeros((0, 2))]
    for scene in levels:
        if scene.position is not None:
            points.append(scene.position[scene.placed()])
        if scene.box is not None:
            points += [scene.box[:, :2], scene.box[:, :2] + scene.box[:, 2:]]
        if scene.curves is not None:
            points.append(scene.curves.points)
    every = np.concatenate(points)
    if not len(every):
        return np.zeros(2), 1.0
    low, high = every.min(axis=0), every.max(axis=0)
    return low, float(max((high - low).max(), 1e-9))


def _pack(scene: Map, low: Floats, unit: float, blur: float) -> tuple[dict[str, Any], list[NDArray[Any]]]:
    boxed = scene.box is not None
    if scene.box is not None:
        place = np.column_stack((scene.box[:, :2] - low, scene.box[:, 2:])) / unit
    else:
        place = (np.full((scene.vertices, 2), np.nan) if scene.position is None else scene.position - low) / unit
    curves = (
        scene.curves
        if scene.curves is not None
        else Curves.of_array(scene.straight().reshape(-1, 2, 2), scene.drawable(), scene.edges)
    )
    curves = simplify(curves, blur)
    lengths = np.diff(curves.offset)
    steps = np.round((curves.points - low) / unit).astype(np.int64)
    first = np.zeros(len(steps), dtype=bool)
    first[curves.offset[:-1][lengths > 0]] = True
    moves = np.where(first[:, None], steps - 32768, steps - np.roll(steps, 1, axis=0))
    header = {
        "vertices": scene.vertices,
        "edges": scene.edges,
        "points": len(steps),
        "boxed": boxed,
        "labels": list(scene.labels),
        "kinds": scene.kind_names,
        "types": scene.type_names,
        "notes": {str(vertex): note for vertex, note in sorted(scene.notes.items())},
        "chains": [{"vertices": chain.vertices, "relations": chain.relations} for chain in scene.chains],
        "title": scene.title,
    }
    arrays: list[NDArray[Any]] = [
        place.astype("<f4"),
        scene.parent.astype("<i4"),
        scene.source.astype("<i4"),
        scene.target.astype("<i4"),
        scene.edge_weight.astype("<f4"),
        scene.members.astype("<i4"),
        lengths.astype("<u2"),
        moves[:, 0].astype("<i2"),
        moves[:, 1].astype("<i2"),
        scene.kind.astype("<u2"),
        scene.type.astype("<u2"),
        scene.severity.astype("u1"),
        scene.directed.astype("u1"),
    ]
    return header, arrays


def layout_of(vertices: int, edges: int, points: int, boxed: bool) -> list[tuple[str, str, int]]:
    """The arrays of a level in their order: name, numpy type, number of values."""
    return [
        ("place", "<f4", vertices * (4 if boxed else 2)),
        ("parent", "<i4", vertices),
        ("source", "<i4", edges),
        ("target", "<i4", edges),
        ("weight", "<f4", edges),
        ("members", "<i4", edges),
        ("lengths", "<u2", edges),
        ("dx", "<i2", points),
        ("dy", "<i2", points),
        ("kind", "<u2", vertices),
        ("type", "<u2", edges),
        ("severity", "u1", vertices),
        ("directed", "u1", edges),
    ]


def unpack_levels(data: bytes, *, most: int = 2_000_000_000) -> list[Map]:
    """The maps in packed levels. Raises VigieError if they are damaged or claim more than is there.

    `most` bounds the unpacked size in bytes, so a small file cannot fill the memory.
    """
    body = _unzip(data, most)
    broken = VigieError("the packed levels are damaged", fix="draw the page again")
    if not body.startswith(MAGIC) or len(body) < 12:
        raise broken
    (length,) = struct.unpack_from("<I", body, 8)
    try:
        header = json.loads(body[12 : 12 + length])
        origin, unit = np.array(header["origin"], dtype=np.float64).reshape(2), float(header["unit"])
        levels, at = [], 12 + length
        for level in header["levels"]:
            counts = [int(level[name]) for name in ("vertices", "edges", "points")]
            plan = layout_of(counts[0], counts[1], counts[2], bool(level["boxed"]))
            need = sum(np.dtype(dtype).itemsize * count for _, dtype, count in plan)
            if min(counts) < 0 or at + need > len(body):
                raise VigieError(
                    f"a level claims {counts[0]:,} vertices and {counts[1]:,} edges that are not there",
                    fix="draw it again",
                )
            arrays = {}
            for name, dtype, count in plan:
                arrays[name] = np.frombuffer(body, dtype=dtype, count=count, offset=at)
                at += np.dtype(dtype).itemsize * count
            levels.append(_unpack(level, arrays, origin, unit))
    except (KeyError, TypeError, ValueError, IndexError, AttributeError):
        raise broken from None
    return levels


def _unzip(data: bytes, most: int) -> bytes:
    import io
    import zlib

    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
            body = stream.read(most + 1)
    except (OSError, EOFError, zlib.error):
        raise VigieError("the packed levels are damaged", fix="draw the page again") from None
    if len(body) > most:
        raise VigieError(f"the packed levels unpack to more than {most:,} bytes", fix="draw fewer levels")
    return body


def _unpack(level: dict[str, Any], arrays: dict[str, NDArray[Any]], origin: Floats, unit: float) -> Map:
    offset = np.concatenate(([0], arrays["lengths"].astype(np.int64).cumsum()))
    if int(offset[-1]) != len(arrays["dx"]):
        raise ValueError
    moves = np.column_stack((arrays["dx"], arrays["dy"])).astype(np.int64)
    total = np.concatenate((np.zeros((1, 2), dtype=np.int64), moves.cumsum(axis=0)))
    owner = np.repeat(np.arange(len(offset) - 1), np.diff(offset))
    points = total[1:] - total[offset[owner]] + 32768
    place = arrays["place"].astype(np.float64).reshape(int(level["vertices"]), -1) * unit
    place[:, :2] += origin
    boxed = bool(level["boxed"])
    return Map(
        labels=[str(label) for label in level["labels"]],
        kind=arrays["kind"].astype(np.int64),
        kind_names=tuple(level["kinds"]),
        parent=arrays["parent"].astype(np.int64),
        severity=arrays["severity"].astype(np.int64),
        notes={int(vertex): str(note) for vertex, note in level["notes"].items()},
        source=arrays["source"].astype(np.int64),
        target=arrays["target"].astype(np.int64),
        type=arrays["type"].astype(np.int64),
        type_names=tuple(level["types"]),
        edge_weight=arrays["weight"].astype(np.float64),
        members=arrays["members"].astype(np.int64),
        directed=arrays["directed"].astype(bool),
        position=place[:, :2] + place[:, 2:] / 2 if boxed else place,
        box=place if boxed else None,
        curves=Curves(points * unit + origin, offset),
        chains=tuple(Chain(tuple(chain["vertices"]), tuple(chain["relations"])) for chain in level["chains"]),
        title=str(level["title"]),
    )
