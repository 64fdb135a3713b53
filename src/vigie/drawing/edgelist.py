"""Edges as CSV: `x1,y1,x2,y2[,weight][,type]`, header or not, or `source,target[,weight][,type]` with a header."""

import csv
from pathlib import Path
from typing import Any

import numpy as np

from vigie.drawing.scene import Floats, Map
from vigie.drawing.xmlread import finite
from vigie.model.errors import VigieError

ALIASES = {
    "from": "source",
    "src": "source",
    "to": "target",
    "dst": "target",
    "kind": "type",
    "value": "weight",
    "count": "weight",
}
COORDINATES = ("x1", "y1", "x2", "y2")


def read_csv(path: Path) -> Map:
    """Read an edge list; ends with equal coordinates are one vertex. Raises VigieError, with the line."""
    csv.field_size_limit(1 << 20)
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            head = stream.read(65536)
            stream.seek(0)
            first = head.splitlines()[0] if head.strip() else ""
            delimiter = max((",", "\t", ";"), key=first.count)
            rows = csv.reader(stream, delimiter=delimiter)
            return _read(rows, str(path))
    except OSError as error:
        raise VigieError(f"cannot be read: {error.strerror}", where=str(path), fix="check the path") from None
    except UnicodeDecodeError:
        raise VigieError("is not UTF-8 text", where=str(path), fix="save it as a UTF-8 CSV") from None
    except csv.Error as error:
        raise VigieError(f"is not a CSV: {error}", where=str(path), fix="save it as a UTF-8 CSV") from None


def _read(rows: Any, where: str) -> Map:
    names: list[str] = []
    table: list[list[str]] = []
    lines: list[int] = []
    for row in rows:
        if not row or (len(row) == 1 and not row[0].strip()):
            continue
        if not names:
            names = _columns(row, f"{where}:{rows.line_num}")
            if names[0] == "" or _numeric(row[: min(4, len(row))]):
                names = ["x1", "y1", "x2", "y2", "weight", "type"][: len(row)]
            else:
                continue
        if len(row) < len(names):
            line = f"{where}:{rows.line_num}"
            raise VigieError(f"the line has {len(row)} columns, not {len(names)}", where=line, fix="complete the line")
        table.append(row)
        lines.append(rows.line_num)
    if not names:
        raise VigieError("there is no line in it", where=where, fix="give edges as x1,y1,x2,y2 or source,target")
    columns = {name: [row[number].strip() for row in table] for number, name in enumerate(names) if name}
    if all(name in columns for name in COORDINATES):
        return _by_position(columns, lines, where)
    return _by_name(columns, lines, where)


def _columns(row: list[str], where: str) -> list[str]:
    if _numeric(row[: min(4, len(row))]):
        if len(row) < 4:
            raise VigieError(
                "the columns have no names", where=where, fix="start with a line source,target[,weight] or x1,y1,x2,y2"
            )
        return ["", *row[1:]]
    names = [ALIASES.get(name.strip().lower(), name.strip().lower()) for name in row]
    if not {"source", "target"} <= set(names) and not set(COORDINATES) <= set(names):
        raise VigieError(
            "the first line names neither source,target nor x1,y1,x2,y2",
            where=where,
            fix="name the columns in the first line",
        )
    known = {"source", "target", "weight", "type", *COORDINATES}
    return [
        name if name in known and names.index(name) == number else f"column {number}"
        for number, name in enumerate(names)
    ]


def _numeric(cells: list[str]) -> bool:
    try:
        return bool([float(cell) for cell in cells])
    except ValueError:
        return False


def _numbers(cells: list[str], name: str, lines: list[int], where: str) -> Floats:
    try:
        values = np.array([float(cell) for cell in cells])
    except ValueError:
        values = np.array([np.nan])
    if not np.isfinite(values).all():
        for line, cell in zip(lines, cells, strict=True):
            finite(cell, name, f"{where}:{line}")
    return values


def _extras(columns: dict[str, list[str]], lines: list[int], where: str) -> tuple[Floats, np.ndarray, tuple[str, ...]]:
    count = len(lines)
    weight = _numbers(columns["weight"], "weight", lines, where) if "weight" in columns else np.ones(count)
    negative = np.flatnonzero(weight < 0)
    if len(negative):
        raise VigieError(
            "a weight is negative", where=f"{where}:{lines[int(negative[0])]}", fix="give weights of 0 or more"
        )
    known: dict[str, int] = {}
    types = np.array([known.setdefault(name, len(known)) for name in columns.get("type", [""] * count)], dtype=np.int64)
    return weight, types, tuple(known) or ("",)


def _by_position(columns: dict[str, list[str]], lines: list[int], where: str) -> Map:
    segments = np.column_stack([_numbers(columns[name], name, lines, where) for name in COORDINATES]).reshape(-1, 4)
    ends = np.vstack((segments[:, :2], segments[:, 2:])) * (1, -1) + 0.0
    places, at = np.unique(ends, axis=0, return_inverse=True)
    at = at.ravel()
    weight, types, type_names = _extras(columns, lines, where)
    return Map(
        labels=[""] * len(places),
        ids=[str(number) for number in range(len(places))],
        source=at[: len(segments)],
        target=at[len(segments) :],
        type=types,
        type_names=type_names,
        edge_weight=weight,
        position=places,
    )


def _by_name(columns: dict[str, list[str]], lines: list[int], where: str) -> Map:
    known: dict[str, int] = {}
    source = np.array([known.setdefault(name, len(known)) for name in columns["source"]], dtype=np.int64)
    target = np.array([known.setdefault(name, len(known)) for name in columns["target"]], dtype=np.int64)
    weight, types, type_names = _extras(columns, lines, where)
    return Map(labels=list(known), source=source, target=target, type=types, type_names=type_names, edge_weight=weight)
